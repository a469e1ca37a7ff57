//! Actor documents: Person, Service, Group, Organization, Application (ActivityPub, 4).

use super::{tags, web_url};
use crate::signature::key::MAX_PEM;
use crate::text::{self, Hints};
use crate::vocab::{ACTOR_TYPES, Node, authority, localized};
use landbridge_hub::InActor;
use landbridge_model::{ActorKind, Field, Picture, Profile, RichText, safe_display_name};
use serde::{Deserialize, Serialize};

const MAX_NAME: usize = 100;
const MAX_FIELDS: usize = 16;
const MAX_KEYS: usize = 8;
const MAX_ALIASES: usize = 32;

/// What only this network needs to know of somebody; kept with their presence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    pub inbox: Option<String>,
    pub shared_inbox: Option<String>,
    pub outbox: Option<String>,
    pub followers: Option<String>,
    pub following: Option<String>,
    pub featured: Option<String>,
    pub keys: Vec<KeyFact>,
    pub kind: ActorKind,
}

impl Facts {
    /// Where to deliver: the shared inbox, where there is one.
    pub fn delivery_inbox(&self) -> Option<&str> {
        self.shared_inbox.as_deref().or(self.inbox.as_deref())
    }
}

/// A public key, as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFact {
    pub id: String,
    /// PEM, or multibase.
    pub key: String,
}

/// An actor document, with what has still to be checked.
#[derive(Clone, Debug)]
pub struct ReadActor {
    /// `domain` is the host of the id; the address is not verified yet.
    pub actor: InActor,
    pub facts: Facts,
    /// The address that the document claims (FEP-2c59), not verified.
    pub webfinger: Option<String>,
}

/// Reads an actor; `None` when something is missing without which nobody can be told apart or reached.
pub fn actor(node: Node<'_>) -> Option<ReadActor> {
    let id = web_url(node.own_id()?)?;
    if !node.is_any(ACTOR_TYPES) {
        return None;
    }
    let host = authority(id)?.split("://").nth(1)?.to_ascii_lowercase();
    let username = username(node).unwrap_or_else(|| last_segment(id));
    let facts = facts(node, id);
    let moved_to = node.id("movedTo").and_then(web_url).map(str::to_owned);
    let actor = InActor {
        native_id: id.to_owned(),
        username,
        domain: host,
        kind: kind(node),
        url: page(node).or_else(|| Some(id.to_owned())),
        profile: profile(node),
        locked: node.bool("manuallyApprovesFollowers").unwrap_or(false),
        created_at: node.time("published"),
        moved_to,
        // Totals stand in the collections, which may be embedded; else they are asked for when somebody looks.
        followers: node.object("followers").and_then(|c| c.count("totalItems")),
        following: node.object("following").and_then(|c| c.count("totalItems")),
        posts: node.object("outbox").and_then(|c| c.count("totalItems")),
        facts: serde_json::to_value(&facts).unwrap_or_default(),
        // Proof from both sides needs the other network's word, which this one cannot check.
        proved: Vec::new(),
    };
    let webfinger =
        node.text("webfinger").filter(|w| w.len() <= 512).map(|w| w.trim_start_matches("acct:").to_owned());
    Some(ReadActor { actor, facts, webfinger })
}

fn username(node: Node<'_>) -> Option<String> {
    let name = node.text("preferredUsername")?.trim();
    let good = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '+');
    (!name.is_empty() && name.chars().count() <= 128 && name.chars().all(good)).then(|| name.to_owned())
}

/// Instance actors of some servers have no name.
fn last_segment(id: &str) -> String {
    let path = id.split(['?', '#']).next().unwrap_or(id).trim_end_matches('/');
    let segment = path.rsplit('/').next().unwrap_or_default();
    segment.chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')).take(64).collect()
}

fn kind(node: Node<'_>) -> ActorKind {
    match node.kinds().find(|k| ACTOR_TYPES.contains(k)) {
        Some("Service") => ActorKind::Service,
        Some("Group") => ActorKind::Group,
        Some("Organization") => ActorKind::Organization,
        Some("Application") => ActorKind::Application,
        _ => ActorKind::Person,
    }
}

/// The page for browsers among `url`'s shapes.
pub(super) fn page(node: Node<'_>) -> Option<String> {
    let links = || node.list("url");
    let html = links().find(|l| l.text("mediaType").is_some_and(|m| m.starts_with("text/html")));
    let plain = || links().find(|l| l.0.is_string());
    let any = || links().find(|l| l.text("mediaType").is_none());
    let link = html.or_else(plain).or_else(any)?;
    web_url(link.as_id()?).map(str::to_owned)
}

fn facts(node: Node<'_>, id: &str) -> Facts {
    let url = |name: &str| node.id(name).and_then(web_url).map(str::to_owned);
    let shared =
        node.object("endpoints").and_then(|e| e.id("sharedInbox")).or_else(|| node.id("sharedInbox"));
    // A shared inbox on another host could be used to drown that host.
    let shared = shared.and_then(web_url).filter(|s| crate::vocab::same_authority(s, id));
    let mut keys = Vec::new();
    for key in node.list("publicKey").take(MAX_KEYS) {
        let owner = key.id("owner").or_else(|| key.id("controller")).unwrap_or(id);
        let pem = key.text("publicKeyPem").filter(|pem| pem.len() <= MAX_PEM);
        if let (Some(key_id), Some(pem), true) = (key.own_id(), pem, owner == id) {
            keys.push(KeyFact { id: key_id.to_owned(), key: pem.to_owned() });
        }
    }
    for key in node.list("assertionMethod").take(MAX_KEYS) {
        let controller = key.id("controller").unwrap_or(id);
        let multibase = key.text("publicKeyMultibase").filter(|key| key.len() <= MAX_PEM);
        if let (Some(key_id), Some(multibase), true) = (key.own_id(), multibase, controller == id) {
            keys.push(KeyFact { id: key_id.to_owned(), key: multibase.to_owned() });
        }
    }
    Facts {
        inbox: url("inbox"),
        shared_inbox: shared.map(str::to_owned),
        outbox: url("outbox"),
        followers: url("followers"),
        following: url("following"),
        featured: url("featured"),
        keys,
        kind: kind(node),
    }
}

fn profile(node: Node<'_>) -> Profile {
    let tagged = tags::read(node);
    let shortcodes = tagged.shortcodes();
    let hints = Hints { mentions: &tagged.mentions, emojis: &shortcodes, has_quote: false };
    let name = localized(node, "name", "nameMap").text.unwrap_or_default();
    let fields =
        node.list("attachment").filter(|a| a.is("PropertyValue")).take(MAX_FIELDS).map(|field| Field {
            name: safe_display_name(&text::plain(field.text("name").unwrap_or_default()), 255),
            value: text::read(field.text("value").unwrap_or_default(), &hints),
            verified_at: None,
        });
    Profile {
        display_name: safe_display_name(&text::plain(name), MAX_NAME),
        bio: bio(node, &hints),
        fields: fields.collect(),
        avatar: picture(node, "icon"),
        header: picture(node, "image"),
        emojis: tagged.emojis,
        discoverable: node.bool("discoverable"),
        indexable: node.bool("indexable").unwrap_or(false),
        hide_collections: false,
        members_only: node.bool("hidesToPublicFromUnauthedWeb").unwrap_or(false),
        unlisted_members_only: node.bool("hidesCcPublicFromUnauthedWeb").unwrap_or(false),
        also_known_as: node.ids("alsoKnownAs").take(MAX_ALIASES).map(str::to_owned).collect(),
    }
}

fn bio(node: Node<'_>, hints: &Hints<'_>) -> RichText {
    let html = localized(node, "summary", "summaryMap").text.unwrap_or_default();
    text::read(html, hints)
}

fn picture(node: Node<'_>, name: &str) -> Option<Picture> {
    let image = node.list(name).next()?;
    let url = image.id("url").or_else(|| image.0.as_str()).or_else(|| image.text("href"))?;
    let description = image.text("summary").or_else(|| image.text("name")).unwrap_or_default();
    Some(Picture {
        file: None,
        remote_url: Some(web_url(url)?.to_owned()),
        description: description.chars().take(1500).collect(),
    })
}
