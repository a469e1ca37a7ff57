//! Profiles, kind 0 (NIP-01, 24).

use crate::{
    event::{Event, Hex32, Tag, Template, kind},
    nips::{n05, n19, n25},
};
use landbridge_hub::InActor;
use landbridge_model::{
    Actor, ActorKind, Field, Picture, Profile, RichText, Time, richtext::compose, safe_display_name,
};
use serde_json::{Map, Value, json};

/// Characters of a name, and of a text about oneself.
const NAME: usize = 100;
const ABOUT: usize = 5_000;

/// The field that shows a name whose host says that it is this key's (NIP-05); `at`: when it was asked.
pub fn verified(name: &str, at: Time) -> Field {
    Field { name: "Nostr".into(), value: RichText::plain(name), verified_at: Some(at) }
}

/// Somebody as their kind 0 says; `domain`: our reserved one for people of Nostr. Without an event, the bare key.
/// `verified`: see [`verified()`].
pub fn read(key: &Hex32, event: Option<&Event>, domain: &str, verified: Option<Field>) -> InActor {
    let fields: Map<String, Value> =
        event.and_then(|e| serde_json::from_str(&e.content).ok()).unwrap_or_default();
    let text = |name: &str| text(&fields, name);
    let picture = |name: &str| {
        let url = text(name)
            .filter(|u| u.len() < 2_000 && (u.starts_with("https://") || u.starts_with("http://")))?;
        Some(Picture { file: None, remote_url: Some(url.to_owned()), description: String::new() })
    };
    let field =
        |name: &str, value: &str| Field { name: name.to_owned(), value: compose(value), verified_at: None };
    let mut shown: Vec<Field> = verified.into_iter().collect();
    shown.extend(text("website").filter(|w| w.len() < 500).map(|w| field("Website", w)));
    shown.extend(text("lud16").filter(|w| w.len() < 200).map(|w| field("Lightning", w)));
    InActor {
        native_id: key.to_string(),
        username: n19::npub(key),
        domain: domain.to_owned(),
        kind: if fields.get("bot").and_then(Value::as_bool) == Some(true) {
            ActorKind::Service
        } else {
            ActorKind::Person
        },
        url: None,
        profile: Profile {
            display_name: display_name(&fields),
            bio: about(&fields),
            fields: shown,
            avatar: picture("picture"),
            header: picture("banner"),
            emojis: event.map(|e| n25::emojis(&e.tags)).unwrap_or_default(),
            ..Profile::default()
        },
        ..InActor::default()
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The name that a kind 0 wants to be shown.
fn display_name(fields: &Map<String, Value>) -> String {
    let name = ["display_name", "displayName", "name"].into_iter().find_map(|name| text(fields, name));
    name.map(|name| safe_display_name(name, NAME)).unwrap_or_default()
}

fn about(fields: &Map<String, Value>) -> RichText {
    compose(&text(fields, "about").unwrap_or_default().chars().take(ABOUT).collect::<String>())
}

/// The NIP-05 name that a kind 0 claims.
pub fn claimed_name(event: &Event) -> Option<(String, String)> {
    let fields: Map<String, Value> = serde_json::from_str(&event.content).ok()?;
    n05::split(fields.get("nip05")?.as_str()?)
}

/// The host that vouches for the name in a kind 0, empty when there is none. Any host can name any key: only what both say
/// counts.
pub fn voucher(event: &Event, verified: Option<&Field>) -> String {
    let named = verified.and_then(|field| n05::split(&field.value.text));
    claimed_name(event)
        .filter(|claim| named.as_ref() == Some(claim))
        .map(|(_, host)| host)
        .unwrap_or_default()
}

/// Where a member is found here.
pub struct Here<'a> {
    /// `alice@example.org`.
    pub address: &'a str,
    pub page: &'a str,
    /// What every address on this server begins with.
    pub origin: &'a str,
    /// The address of a picture.
    pub picture: &'a dyn Fn(&Picture) -> Option<String>,
}

/// A member's kind 0. `before`: the member as our last one told; `base`: the newest known, whose other keys and tags are
/// kept: other apps put data there. What they have put where we would is kept too, unless the member changed that here.
pub fn write(before: &Actor, member: &Actor, here: &Here<'_>, base: Option<&Template>) -> Template {
    let known: Map<String, Value> =
        base.and_then(|base| serde_json::from_str(&base.content).ok()).unwrap_or_default();
    let mut fields = known.clone();
    for ((name, before), (_, now)) in said(before, here, &known).into_iter().zip(said(member, here, &known)) {
        put(&mut fields, name, before, now, here.origin);
    }
    // Whoever takes their name away is called by the user name: any other that stands there would be shown instead.
    if !before.profile.display_name.is_empty() && member.profile.display_name.is_empty() {
        fields.insert("name".to_owned(), json!(member.username));
        for name in ["display_name", "displayName"] {
            fields.remove(name);
        }
    }
    let (old, new) = (&before.profile.emojis, &member.profile.emojis);
    let is_ours = |tag: &Tag| old.iter().chain(new).any(|emoji| n25::emoji_tag(emoji) == *tag);
    let mut tags: Vec<Tag> = base.map(|base| base.tags.clone()).unwrap_or_default();
    tags.retain(|tag| !is_ours(tag));
    tags.extend(new.iter().map(n25::emoji_tag));
    let content = match base {
        // In its own spelling.
        Some(base) if fields == known => base.content.clone(),
        _ => Value::Object(fields).to_string(),
    };
    Template { created_at: after(base.map(|base| base.created_at)), kind: kind::METADATA, tags, content }
}

/// What we say of a member, field by field. What `known` says already in other words is said in those.
fn said(member: &Actor, here: &Here<'_>, known: &Map<String, Value>) -> [(&'static str, Option<Value>); 8] {
    let profile = &member.profile;
    let text = |name: &str, text: &str, is_known: bool| match is_known {
        true => known.get(name).cloned(),
        false => (!text.is_empty()).then(|| json!(text)),
    };
    let picture = |of: &Option<Picture>| of.as_ref().and_then(here.picture).map(Value::from);
    let name_is_known = display_name(known) == profile.display_name;
    let about_is_known = about(known).text == profile.bio.text;
    [
        ("name", Some(json!(member.username))),
        ("display_name", text("display_name", &profile.display_name, name_is_known)),
        ("about", text("about", &profile.bio.text, about_is_known)),
        ("picture", picture(&profile.avatar)),
        ("banner", picture(&profile.header)),
        ("website", Some(json!(here.page))),
        ("nip05", Some(json!(here.address))),
        ("bot", (member.kind == ActorKind::Service).then_some(json!(true))),
    ]
}

/// Puts a field where nothing stands, or what was ours, or where the member has changed it; takes out only what was ours.
fn put(fields: &mut Map<String, Value>, name: &str, before: Option<Value>, now: Option<Value>, origin: &str) {
    let stands = fields.get(name).filter(|stands| !stands.is_null() && **stands != json!(""));
    let is_here = |value: &Value| value.as_str().is_some_and(|value| value.starts_with(origin));
    let ours = stands.is_some_and(|stands| Some(stands) == before.as_ref() || is_here(stands));
    match now {
        Some(now) if ours || stands.is_none() || before.as_ref() != Some(&now) => {
            fields.insert(name.to_owned(), now);
        }
        None if ours => {
            fields.remove(name);
        }
        _ => {}
    }
}

/// What is left of a profile when its member has gone.
pub fn cleared(base: Option<&Event>) -> Template {
    let content = json!({ "name": "", "about": "", "deleted": true }).to_string();
    Template {
        created_at: after(base.map(|base| base.created_at)),
        kind: kind::METADATA,
        tags: Vec::new(),
        content,
    }
}

/// Now, but after what is to be replaced, by its `created_at`.
pub fn after(base: Option<i64>) -> i64 {
    Time::now().secs().max(base.map_or(0, |at| at.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Keys;

    const HERE: Here<'_> = Here {
        address: "alice@example.org",
        page: "https://example.org/@alice",
        origin: "https://example.org/",
        picture: &|picture| picture.file.as_ref().map(|file| format!("https://example.org/media/{file}")),
    };

    fn alice(profile: Profile) -> Actor {
        Actor {
            id: landbridge_model::Id(1),
            kind: ActorKind::Person,
            username: "alice".into(),
            domain: None,
            state: landbridge_model::ActorState::Active,
            locked: false,
            created_at: Time(0),
            fetched_at: None,
            moved_to: None,
            last_post_at: None,
            profile,
            url: None,
            followers: 0,
            following: 0,
            posts: 0,
        }
    }

    fn called(name: &str, bio: &str, avatar: Option<&str>) -> Actor {
        let avatar = avatar.map(|file| Picture {
            file: Some(file.into()),
            remote_url: None,
            description: String::new(),
        });
        let (display_name, bio) = (name.into(), RichText::plain(bio));
        alice(Profile { display_name, bio, avatar, ..Profile::default() })
    }

    fn base(content: &Value) -> Template {
        let tags = vec![vec!["i".into(), "x".into()]];
        Template { created_at: i64::from(u32::MAX), kind: 0, tags, content: content.to_string() }
    }

    fn fields(template: &Template) -> Value {
        serde_json::from_str(&template.content).unwrap()
    }

    #[test]
    fn a_new_profile_says_who_it_is_of() {
        let alice = called("Alice", "Hi", Some("a.png"));
        let template = write(&alice, &alice, &HERE, None);
        let told = fields(&template);
        let of = |name: &str| told.get(name).and_then(Value::as_str);
        assert_eq!((of("name"), of("display_name"), of("about")), (Some("alice"), Some("Alice"), Some("Hi")));
        assert_eq!((of("nip05"), of("website")), (Some(HERE.address), Some(HERE.page)));
        assert_eq!((of("picture"), of("banner")), (Some("https://example.org/media/a.png"), None));
        let event = Keys::generate().sign(template);
        assert_eq!(claimed_name(&event), Some(("alice".into(), "example.org".into())));
    }

    #[test]
    fn what_others_wrote_is_kept() {
        let content = json!({
            "name": "old", "lud16": "a@b.example", "pronouns": "they", "bot": true,
            "display_name": " Alice ", "about": "Hi", "nip05": "me@own.example",
            "website": "https://own.example", "picture": "https://own.example/a.png",
            "banner": "https://own.example/b.png",
        });
        let base = base(&content);
        let alice = called("Alice", "Hi", None);
        let template = write(&alice, &alice, &HERE, Some(&base));
        assert!(template.created_at > base.created_at);
        assert_eq!((&template.tags, &template.content), (&base.tags, &base.content));
        // Whoever changes one thing changes that alone.
        let template = write(&alice, &called("Alicia", "Hi", None), &HERE, Some(&base));
        let mut wanted = content.clone();
        wanted["display_name"] = json!("Alicia");
        assert_eq!(fields(&template), wanted);
        let template = write(&alice, &called("Alice", "Hi", Some("a.png")), &HERE, Some(&base));
        assert_eq!(fields(&template)["picture"], "https://example.org/media/a.png");
        assert_eq!(fields(&template)["banner"], "https://own.example/b.png");
    }

    #[test]
    fn only_what_was_ours_is_taken_out() {
        let before = called("Alice", "Hi", Some("a.png"));
        let nothing = called("", "", None);
        let ours = write(&before, &before, &HERE, None);
        let told = fields(&write(&before, &nothing, &HERE, Some(&ours)));
        for name in ["display_name", "about", "picture"] {
            assert_eq!(told.get(name), None, "{name}");
        }
        // A picture that an app has put there since, and one of ours that is gone.
        let newer = base(&json!({ "picture": "https://own.example/a.png", "about": " Hi\n" }));
        let told = fields(&write(&before, &nothing, &HERE, Some(&newer)));
        assert_eq!(told["picture"], "https://own.example/a.png");
        assert_eq!(told.get("about"), None, "the same in other words");
        let dead = base(&json!({ "picture": "https://example.org/media/b.png" }));
        assert_eq!(fields(&write(&nothing, &nothing, &HERE, Some(&dead))).get("picture"), None);
    }

    #[test]
    fn who_takes_their_name_away_is_called_by_the_user_name() {
        for content in [json!({ "name": "old" }), json!({ "name": "x", "displayName": "old" })] {
            let base = base(&content);
            let told = fields(&write(&called("old", "", None), &called("", "", None), &HERE, Some(&base)));
            assert_eq!(told["name"], "alice");
            assert!(told.get("display_name").is_none() && told.get("displayName").is_none(), "{told}");
        }
    }

    #[test]
    fn read_as_it_was_written_and_nothing_hostile() {
        let keys = Keys::generate();
        let alice = called("Alice", "Hi", None);
        let event = keys.sign(write(&alice, &alice, &HERE, None));
        let read_back = read(&keys.public(), Some(&event), "nostr.example.org", None);
        assert_eq!(
            (read_back.profile.display_name.as_str(), read_back.profile.bio.text.as_str()),
            ("Alice", "Hi")
        );
        let hostile = keys.sign(Template {
            created_at: 1,
            kind: 0,
            tags: vec![],
            content: r#"{"name":5,"picture":"javascript:x"}"#.into(),
        });
        assert_eq!(read(&keys.public(), Some(&hostile), "d", None).profile, Profile::default());
    }
}
