//! Scopes (<https://atproto.com/specs/permission>): what an app asks for and is held to, read from text, and told in words.

use crate::{
    pds::access::{Action, PRIVILEGED, is_one_of},
    syntax::{Did, Nsid},
};

/// Longest list of scopes that is read, in bytes; and most of them.
const LONGEST: usize = 8 << 10;
const MOST: usize = 200;

/// What an app may do, by its scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Must be there.
    AtProto,
    /// As much as an app password.
    Generic,
    /// Private messages.
    Chat,
    /// The address for mail.
    Email,
    /// Records of collections (`*`: all).
    Repo {
        collections: Vec<String>,
        create: bool,
        update: bool,
        delete: bool,
    },
    /// Methods (`*`: all) of a service (`*`: any).
    Rpc {
        methods: Vec<String>,
        service: String,
    },
    /// Files of kinds such as `image/*`.
    Blob {
        kinds: Vec<String>,
    },
    Account {
        attribute: Attribute,
        manage: bool,
    },
    /// The handle, or (`all`) everything of the identity.
    Identity {
        all: bool,
    },
    /// What a published permission set holds.
    Include {
        set: Nsid,
        service: Option<String>,
    },
}

/// What of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    Email,
    Repo,
    Status,
}

/// Scopes as an app has written them, each once, known here or not; `None` when it is too much or `atproto` is missing.
pub fn written(text: &str) -> Option<Vec<&str>> {
    if text.len() > LONGEST || text.split_whitespace().count() > MOST {
        return None;
    }
    let mut scopes = Vec::new();
    for scope in text.split_whitespace() {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes.contains(&"atproto").then_some(scopes)
}

impl Scopes {
    /// What an app was granted, with what permission sets hold. What is not understood grants nothing.
    pub fn held(text: &str) -> Scopes {
        let scopes = text.split(' ').filter(|one| !one.is_empty()).take(10 * MOST);
        Scopes(scopes.filter_map(Scope::read).collect())
    }

    pub fn all(&self) -> &[Scope] {
        &self.0
    }

    pub fn generic(&self) -> bool {
        self.0.contains(&Scope::Generic)
    }

    pub fn may_write(&self, collection: &str, action: Action) -> bool {
        self.generic()
            || self.0.iter().any(|scope| match scope {
                Scope::Repo { collections, create, update, delete } => {
                    let done = match action {
                        Action::Create => create,
                        Action::Update => update,
                        Action::Delete => delete,
                    };
                    *done && has(collections, collection)
                }
                _ => false,
            })
    }

    pub fn may_upload(&self, mime: &str) -> bool {
        let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        self.generic()
            || self.0.iter().any(|scope| match scope {
                Scope::Blob { kinds } => kinds.iter().any(|kind| match kind.strip_suffix("/*") {
                    Some("*") => true,
                    Some(main) => mime.split('/').next() == Some(main),
                    None => *kind == mime,
                }),
                _ => false,
            })
    }

    /// `method`: `*` for a token that is good for any. `service`: `DID#NAME`, or a DID alone in old tokens.
    pub fn may_call(&self, method: &str, service: &str) -> bool {
        let messages = method != "*"
            && is_one_of(method, PRIVILEGED)
            && method.to_ascii_lowercase().starts_with("chat.");
        let account = method != "*" && is_one_of(method, PRIVILEGED) && !messages;
        self.0.iter().any(|scope| match scope {
            Scope::Generic => !messages && !account,
            Scope::Chat => messages,
            Scope::Rpc { methods, service: of } => (of == "*" || of == service) && has(methods, method),
            _ => false,
        })
    }

    pub fn manages(&self, attribute: Attribute) -> bool {
        self.0.contains(&Scope::Account { attribute, manage: true })
    }

    pub fn may_read_email(&self) -> bool {
        let email = |scope: &Scope| {
            matches!(scope, Scope::Email | Scope::Account { attribute: Attribute::Email, .. })
        };
        self.0.iter().any(email)
    }

    pub fn may_rename(&self) -> bool {
        self.0.iter().any(|scope| matches!(scope, Scope::Identity { .. }))
    }

    pub fn may_change_identity(&self) -> bool {
        self.0.contains(&Scope::Identity { all: true })
    }
}

fn has(list: &[String], one: &str) -> bool {
    list.iter().any(|known| known == "*" || known == one)
}

impl Scope {
    /// `RESOURCE[:VALUE][?NAME=VALUE&...]`
    pub fn read(text: &str) -> Option<Scope> {
        match text {
            "atproto" => return Some(Scope::AtProto),
            "transition:generic" => return Some(Scope::Generic),
            "transition:chat.bsky" => return Some(Scope::Chat),
            "transition:email" => return Some(Scope::Email),
            _ => {}
        }
        let (head, query) = text.split_once('?').map_or((text, ""), |(head, query)| (head, query));
        let (resource, value) = head.split_once(':').map_or((head, None), |(r, value)| (r, Some(value)));
        let mut params = Params::read(query)?;
        let scope = match resource {
            "repo" => {
                let collections = params.many("collection", value, is_any_or_nsid)?;
                let actions = params.taken("action");
                let known = |action: &String| ["create", "update", "delete"].contains(&action.as_str());
                if !actions.iter().all(known) {
                    return None;
                }
                let does = |action: &str| actions.is_empty() || actions.iter().any(|a| a == action);
                let (create, update, delete) = (does("create"), does("update"), does("delete"));
                Scope::Repo { collections, create, update, delete }
            }
            "rpc" => {
                let methods = params.many("lxm", value, is_any_or_nsid)?;
                let service = params.one("aud", None)?.filter(|aud| aud == "*" || is_service(aud))?;
                if service == "*" && methods.iter().any(|method| method == "*") {
                    return None;
                }
                Scope::Rpc { methods, service }
            }
            "blob" => Scope::Blob { kinds: params.many("accept", value, is_kind)? },
            "account" => {
                let attribute = match params.one("attr", value)?.as_deref() {
                    Some("email") => Attribute::Email,
                    Some("repo") => Attribute::Repo,
                    Some("status") => Attribute::Status,
                    _ => return None,
                };
                let actions = params.taken("action");
                if !actions.iter().all(|action| ["read", "manage"].contains(&action.as_str())) {
                    return None;
                }
                Scope::Account { attribute, manage: actions.iter().any(|action| action == "manage") }
            }
            "identity" => match params.one("attr", value)?.as_deref() {
                Some("*") => Scope::Identity { all: true },
                Some("handle") => Scope::Identity { all: false },
                _ => return None,
            },
            "include" => {
                let set = Nsid::parse(&params.one("nsid", value)??).ok()?;
                let service = params.one("aud", None)?;
                if service.as_deref().is_some_and(|aud| !is_service(aud)) {
                    return None;
                }
                Scope::Include { set, service }
            }
            _ => return None,
        };
        params.0.is_empty().then_some(scope)
    }

    /// What it means, for a person.
    pub fn words(&self) -> String {
        match self {
            Scope::AtProto => "know who you are on AT Protocol (your DID)".into(),
            Scope::Generic => "do nearly everything as you: post, like, follow, block, change your profile and \
                               preferences, read your notifications. Not: private messages, your password, your identity"
                .into(),
            Scope::Chat => "read, write and delete your private messages (Bluesky chat)".into(),
            Scope::Email => "see your address for mail (this server has none of you)".into(),
            Scope::Repo { collections, create, update, delete } => {
                let verbs = [(create, "write"), (update, "change"), (delete, "delete")];
                let verbs: Vec<&str> = verbs.iter().filter(|(does, _)| **does).map(|(_, verb)| *verb).collect();
                let what: Vec<String> = collections.iter().map(|one| collection_words(one)).collect();
                format!("{} {}", listed(&verbs), what.join(", "))
            }
            Scope::Rpc { methods, service } => {
                let what = match methods.iter().any(|method| method == "*") {
                    true => "anything".to_owned(),
                    false => methods.join(", "),
                };
                match service.as_str() {
                    "*" => format!("ask any service, as you, for {what}"),
                    service => format!("ask {service}, as you, for {what}"),
                }
            }
            Scope::Blob { kinds } => match kinds.iter().any(|kind| kind == "*/*") {
                true => "put files of any kind into your account".into(),
                false => format!("put files into your account ({})", kinds.join(", ")),
            },
            Scope::Account { attribute: Attribute::Email, manage } => match manage {
                true => "see and change your address for mail (this server has none of you)".into(),
                false => "see your address for mail (this server has none of you)".into(),
            },
            Scope::Account { attribute: Attribute::Repo, manage: true } => {
                "replace everything in your account with an imported copy".into()
            }
            Scope::Account { attribute: Attribute::Status, manage: true } => {
                "switch your account off and on again".into()
            }
            Scope::Account { .. } => "see the state of your account".into(),
            Scope::Identity { all: true } => {
                "change your identity itself: its keys, and which server it lives on".into()
            }
            Scope::Identity { all: false } => "change your handle".into(),
            Scope::Include { set, .. } => format!("everything that the set of permissions {set} names"),
        }
    }

    /// Whether what it allows can be seen by everybody, for ever.
    pub fn is_public(&self) -> bool {
        matches!(self, Scope::Generic | Scope::Repo { .. } | Scope::Blob { .. } | Scope::Include { .. })
    }
}

fn listed(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => "do nothing with".into(),
    }
}

fn collection_words(collection: &str) -> String {
    match collection {
        "*" => "records of every kind",
        "app.bsky.feed.post" => "posts",
        "app.bsky.feed.like" => "likes",
        "app.bsky.feed.repost" => "reposts",
        "app.bsky.graph.follow" => "follows",
        "app.bsky.graph.block" => "blocks",
        "app.bsky.graph.list" | "app.bsky.graph.listitem" => "lists",
        "app.bsky.graph.listblock" => "blocks of lists",
        "app.bsky.actor.profile" => "your profile",
        "app.bsky.feed.threadgate" => "who may answer your posts",
        "app.bsky.feed.postgate" => "who may quote your posts",
        "app.bsky.feed.generator" => "feeds that you offer",
        other => return format!("records of the kind {other}"),
    }
    .into()
}

fn is_any_or_nsid(text: &str) -> bool {
    text == "*" || Nsid::parse(text).is_ok()
}

/// `DID#NAME`
pub fn is_service(text: &str) -> bool {
    let Some((did, name)) = text.split_once('#') else { return false };
    let fits = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
    !name.is_empty() && name.len() <= 128 && name.bytes().all(fits) && Did::parse(did).is_ok()
}

fn is_kind(text: &str) -> bool {
    let part = |part: &str| {
        part == "*"
            || !part.is_empty()
                && part.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&c))
    };
    matches!(text.split_once('/'), Some((main, sub)) if part(main) && part(sub) && (main != "*" || sub == "*"))
}

/// What stands behind the question mark, until it is taken.
struct Params(Vec<(String, String)>);

impl Params {
    fn read(query: &str) -> Option<Params> {
        let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        (pairs.len() <= MOST).then_some(Params(pairs))
    }

    fn taken(&mut self, name: &str) -> Vec<String> {
        let (taken, rest) = std::mem::take(&mut self.0).into_iter().partition(|(key, _)| key == name);
        self.0 = rest;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// A value that may stand once, there or behind the colon.
    fn one(&mut self, name: &str, colon: Option<&str>) -> Option<Option<String>> {
        let mut values = self.taken(name);
        values.extend(colon.and_then(decoded));
        (values.len() <= 1).then(|| values.pop())
    }

    /// Values, one at least, here or behind the colon.
    fn many(&mut self, name: &str, colon: Option<&str>, fits: fn(&str) -> bool) -> Option<Vec<String>> {
        let mut values = self.taken(name);
        if colon.is_some() && !values.is_empty() {
            return None;
        }
        values.extend(colon.and_then(decoded));
        (!values.is_empty() && values.iter().all(|value| fits(value))).then_some(values)
    }
}

fn decoded(text: &str) -> Option<String> {
    let text = text.replace('+', "%2B");
    url::form_urlencoded::parse(format!("x={text}").as_bytes()).next().map(|(_, value)| value.into_owned())
}

/// As a scope, text that [`Scope::read`] understands: one value of a query.
pub fn encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_as_the_specification_has_them() {
        for good in [
            "atproto",
            "transition:generic",
            "repo:app.bsky.feed.post",
            "repo:*",
            "repo:app.bsky.feed.post?action=create&action=delete",
            "repo?collection=app.bsky.feed.post&collection=app.bsky.feed.like",
            "rpc:app.bsky.feed.getTimeline?aud=did:web:api.bsky.app%23bsky_appview",
            "rpc:app.bsky.feed.getTimeline?aud=did:web:api.bsky.app#bsky_appview",
            "rpc:app.bsky.feed.getTimeline?aud=*",
            "rpc:*?aud=did:web:api.bsky.app%23bsky_appview",
            "rpc?lxm=a.b.c&lxm=a.b.d&aud=*",
            "blob:image/*",
            "blob:*/*",
            "blob?accept=video/mp4&accept=image/png",
            "blob:image/svg+xml",
            "account:email",
            "account:email?action=manage",
            "account:email?action=read&action=manage",
            "account:repo?action=manage",
            "identity:handle",
            "identity:*",
            "include:app.bsky.authFullApp?aud=did:web:api.bsky.app%23bsky_appview",
            "include:app.bsky.authCreatePosts",
        ] {
            assert!(Scope::read(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "repo",
            "repo:",
            "repo:app.bsky.*",
            "repo:app.bsky.feed.post?action=read",
            "repo:app.bsky.feed.post?other=1",
            "repo:a.b.c?collection=a.b.d",
            "rpc:*?aud=*",
            "rpc:a.b.c",
            "rpc:a.b.c?aud=did:web:api.bsky.app",
            "rpc:a.b.c?aud=*&aud=*",
            "blob:*/png",
            "blob:image",
            "account:password",
            "account:email?action=write",
            "account:email?action=manage&action=write",
            "identity:everything",
            "include:app",
            "include:a.b.c?aud=*",
            "transition:everything",
            "openid",
        ] {
            assert_eq!(Scope::read(bad), None, "{bad}");
        }
        let both = "account:email?action=read&action=manage";
        assert_eq!(Scope::read(both), Scope::read("account:email?action=manage"));
    }

    #[test]
    fn a_list_is_taken_as_it_was_written() {
        assert_eq!(written("atproto  repo:* atproto"), Some(vec!["atproto", "repo:*"]));
        assert_eq!(written("x:y atproto"), Some(vec!["x:y", "atproto"]), "what is not known here");
        assert!(written("repo:*").is_none(), "atproto is missing");
        assert!(written(&format!("atproto {}", "repo:a.b.c ".repeat(300))).is_none());
    }

    #[test]
    fn an_app_is_held_to_them() {
        let view = "did:web:api.bsky.app#bsky_appview";
        let narrow = Scopes::held(
            "atproto repo:app.bsky.feed.post?action=create rpc:app.bsky.feed.getTimeline?aud=did:web:api.bsky.app%23bsky_appview blob:image/*",
        );
        assert!(narrow.may_write("app.bsky.feed.post", Action::Create));
        assert!(!narrow.may_write("app.bsky.feed.post", Action::Delete));
        assert!(!narrow.may_write("app.bsky.feed.like", Action::Create));
        assert!(narrow.may_call("app.bsky.feed.getTimeline", view));
        assert!(!narrow.may_call("app.bsky.feed.getTimeline", "did:web:evil.example#bsky_appview"));
        assert!(!narrow.may_call("*", view));
        assert!(narrow.may_upload("image/png") && narrow.may_upload("Image/PNG; x=y"));
        assert!(!narrow.may_upload("video/mp4") && !narrow.may_upload("imagex/png"));
        assert!(!narrow.may_rename() && !narrow.may_read_email() && !narrow.manages(Attribute::Repo));

        let generic = Scopes::held("atproto transition:generic");
        assert!(generic.may_write("x.y.z", Action::Delete) && generic.may_upload("video/mp4"));
        assert!(generic.may_call("app.bsky.feed.getTimeline", view));
        assert!(!generic.may_call("chat.bsky.convo.getLog", "did:web:api.bsky.chat#bsky_chat"));
        assert!(!generic.may_call("com.atproto.server.createAccount", view));
        assert!(!generic.may_rename() && !generic.may_change_identity());
        let chat = Scopes::held("atproto transition:chat.bsky");
        assert!(chat.may_call("chat.bsky.convo.getLog", "did:web:api.bsky.chat#bsky_chat"));
        assert!(!chat.may_call("app.bsky.feed.getTimeline", view));
        let identity = Scopes::held("atproto identity:handle");
        assert!(identity.may_rename() && !identity.may_change_identity());
        // A set that was not resolved grants nothing.
        assert!(
            !Scopes::held("atproto include:app.bsky.authFullApp")
                .may_write("app.bsky.feed.post", Action::Create)
        );
    }
}
