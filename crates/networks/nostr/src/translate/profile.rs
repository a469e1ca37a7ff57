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
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
    let name = text("display_name").or(text("displayName")).or(text("name"));
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
            display_name: name.map(|n| safe_display_name(n, NAME)).unwrap_or_default(),
            bio: compose(&text("about").unwrap_or_default().chars().take(ABOUT).collect::<String>()),
            fields: shown,
            avatar: picture("picture"),
            header: picture("banner"),
            emojis: event.map(|e| n25::emojis(&e.tags)).unwrap_or_default(),
            ..Profile::default()
        },
        ..InActor::default()
    }
}

/// The NIP-05 name that a kind 0 claims.
pub fn claimed_name(event: &Event) -> Option<(String, String)> {
    let fields: Map<String, Value> = serde_json::from_str(&event.content).ok()?;
    n05::split(fields.get("nip05")?.as_str()?)
}

/// A member's kind 0. `base`: the newest known, whose other keys and tags are kept: other apps put data there.
pub fn write(
    member: &Actor,
    address: &str,
    page: &str,
    picture: &dyn Fn(&Picture) -> Option<String>,
    base: Option<&Event>,
) -> Template {
    let mut fields: Map<String, Value> =
        base.and_then(|e| serde_json::from_str(&e.content).ok()).unwrap_or_default();
    let profile = &member.profile;
    let mut set = |name: &str, value: Option<Value>| {
        match value {
            Some(value) => fields.insert(name.to_owned(), value),
            None => fields.remove(name),
        };
    };
    set("name", Some(json!(member.username)));
    set("display_name", (!profile.display_name.is_empty()).then(|| json!(profile.display_name)));
    set("about", (!profile.bio.is_empty()).then(|| json!(profile.bio.text)));
    set("picture", profile.avatar.as_ref().and_then(picture).map(Value::from));
    set("banner", profile.header.as_ref().and_then(picture).map(Value::from));
    set("website", Some(json!(page)));
    set("nip05", Some(json!(address)));
    set("bot", (member.kind == ActorKind::Service).then_some(json!(true)));
    let mut tags: Vec<Tag> = base
        .map(|e| e.tags.iter().filter(|t| t.first().is_some_and(|n| n != "emoji")).cloned().collect())
        .unwrap_or_default();
    tags.extend(profile.emojis.iter().map(n25::emoji_tag));
    Template {
        created_at: after(base),
        kind: kind::METADATA,
        tags,
        content: Value::Object(fields).to_string(),
    }
}

/// What is left of a profile when its member has gone.
pub fn cleared(base: Option<&Event>) -> Template {
    let content = json!({ "name": "", "about": "", "deleted": true }).to_string();
    Template { created_at: after(base), kind: kind::METADATA, tags: Vec::new(), content }
}

/// Now, but after what is to be replaced.
pub fn after(base: Option<&Event>) -> i64 {
    Time::now().secs().max(base.map_or(0, |e| e.created_at.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Keys;

    #[test]
    fn what_others_wrote_is_kept() {
        let keys = Keys::generate();
        let content =
            json!({"name": "old", "lud16": "a@b.example", "pronouns": "they", "bot": true}).to_string();
        let base = keys.sign(Template {
            created_at: i64::from(u32::MAX),
            kind: 0,
            tags: vec![vec!["i".into(), "x".into()]],
            content,
        });
        let member = Actor {
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
            profile: Profile {
                display_name: "Alice".into(),
                bio: RichText::plain("Hi"),
                ..Profile::default()
            },
            url: None,
            followers: 0,
            following: 0,
            posts: 0,
        };
        let template =
            write(&member, "alice@example.org", "https://example.org/@alice", &|_| None, Some(&base));
        assert!(template.created_at > base.created_at);
        let event = keys.sign(template);
        let fields: Value = serde_json::from_str(&event.content).unwrap();
        assert_eq!(
            (fields["name"].as_str(), fields["pronouns"].as_str(), fields.get("bot")),
            (Some("alice"), Some("they"), None)
        );
        assert_eq!(event.tags.len(), 1);
        let read_back = read(&keys.public(), Some(&event), "nostr.example.org", None);
        assert_eq!(
            (read_back.profile.display_name.as_str(), read_back.profile.bio.text.as_str()),
            ("Alice", "Hi")
        );
        assert_eq!(claimed_name(&event), Some(("alice".into(), "example.org".into())));
        let hostile = keys.sign(Template {
            created_at: 1,
            kind: 0,
            tags: vec![],
            content: r#"{"name":5,"picture":"javascript:x"}"#.into(),
        });
        assert_eq!(read(&keys.public(), Some(&hostile), "d", None).profile, Profile::default());
    }
}
