//! Our actor documents (ActivityPub, 4; what each field is for: Mastodon's documentation of its extensions).
#![allow(clippy::indexing_slicing, reason = "members of objects that `json!` just made")]

use super::with_context;
use crate::urls::Urls;
use landbridge_hub::Hub;
use landbridge_model::richtext::{escape, to_html};
use landbridge_model::{Actor, ActorKind, ActorState, Picture, RichText};
use serde_json::{Value, json};

/// What an actor document needs beside the actor.
pub struct ActorParts<'a> {
    pub urls: &'a Urls,
    pub actor: &'a Actor,
    /// `publicKeyPem`.
    pub pem: &'a str,
    /// `publicKeyMultibase`, for proofs.
    pub multibase: Option<&'a str>,
    /// `name@account-domain`.
    pub address: String,
    /// Native id of the new home, after a move.
    pub moved_to: Option<String>,
    /// The same person elsewhere, if they link their identities publicly: `nostr:` and `at:` URIs.
    pub elsewhere: Vec<String>,
}

/// The document at `/users/{name}`.
pub fn actor(parts: &ActorParts<'_>) -> Value {
    let (urls, actor) = (parts.urls, parts.actor);
    let name = actor.username.as_str();
    let id = urls.actor(name);
    let profile = &actor.profile;
    let of = |what: &str| urls.of_actor(name, what);
    let mut doc = json!({
        "id": id,
        "type": kind(actor.kind),
        "preferredUsername": name,
        "name": if profile.display_name.is_empty() { name } else { &profile.display_name },
        "summary": html(&profile.bio, urls),
        "url": urls.page(name),
        "inbox": of("inbox"),
        "outbox": of("outbox"),
        "followers": of("followers"),
        "following": of("following"),
        "featured": of("featured"),
        "endpoints": {"sharedInbox": urls.shared_inbox()},
        "published": actor.created_at.rfc3339(),
        "manuallyApprovesFollowers": actor.locked,
        "discoverable": profile.discoverable.unwrap_or(false),
        "indexable": profile.indexable,
        "webfinger": parts.address,
        "publicKey": public_key(&id, parts.pem),
        "attachment": profile.fields.iter().map(|field| json!({
            "type": "PropertyValue", "name": field.name, "value": inline_html(&field.value, urls)
        })).collect::<Vec<_>>(),
        "tag": profile.emojis.iter().map(super::note::emoji_tag).collect::<Vec<_>>(),
    });
    let optional = [
        ("icon", profile.avatar.as_ref().and_then(|p| picture(p, urls))),
        ("image", profile.header.as_ref().and_then(|p| picture(p, urls))),
        ("movedTo", parts.moved_to.clone().map(Value::from)),
        ("suspended", (actor.state != ActorState::Active && actor.state != ActorState::Limited).then(|| true.into())),
        ("alsoKnownAs", (!profile.also_known_as.is_empty()).then(|| json!(profile.also_known_as))),
        ("assertionMethod", parts.multibase.map(|multibase| json!([{
            "id": format!("{id}#ed25519-key"), "type": "Multikey", "controller": id, "publicKeyMultibase": multibase
        }]))),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            doc[name] = value;
        }
    }
    if !parts.elsewhere.is_empty() {
        doc["url"] = super::note::urls_with(&urls.page(name), &parts.elsewhere);
    }
    with_context(doc)
}

/// What of an actor is for everybody, where the rest is not: who it is, its key, where to deliver.
pub fn actor_stub(mut whole: Value) -> Value {
    const SHOWN: &[&str] = &[
        "@context",
        "id",
        "type",
        "preferredUsername",
        "webfinger",
        "inbox",
        "endpoints",
        "publicKey",
        "assertionMethod",
    ];
    if let Value::Object(map) = &mut whole {
        map.retain(|name, _| SHOWN.contains(&name.as_str()));
    }
    whole
}

/// The server's own actor, which signs what is nobody's in particular. Served without asking for a signature.
pub fn instance_actor(hub: &Hub, urls: &Urls, pem: &str) -> Value {
    let id = urls.instance_actor();
    let host = hub.config().account_domain.as_str();
    with_context(json!({
        "id": id,
        "type": "Application",
        "preferredUsername": host,
        "name": hub.config().title,
        "url": urls.at("/about"),
        "inbox": urls.at("/actor/inbox"),
        "outbox": urls.at("/actor/outbox"),
        "endpoints": {"sharedInbox": urls.shared_inbox()},
        "manuallyApprovesFollowers": true,
        "webfinger": format!("{host}@{host}"),
        "publicKey": public_key(&id, pem),
        // FEP-844e: what may be sent here.
        "implements": [{"href": "https://datatracker.ietf.org/doc/html/rfc9421", "name": "RFC 9421: HTTP Message Signatures"}],
    }))
}

fn public_key(owner: &str, pem: &str) -> Value {
    json!({"id": format!("{owner}#main-key"), "type": "Key", "owner": owner, "publicKeyPem": pem})
}

fn kind(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Person => "Person",
        ActorKind::Service => "Service",
        ActorKind::Group => "Group",
        ActorKind::Organization => "Organization",
        ActorKind::Application => "Application",
    }
}

fn picture(picture: &Picture, urls: &Urls) -> Option<Value> {
    let (url, name) = match (&picture.file, &picture.remote_url) {
        (Some(file), _) => (urls.at(&landbridge_media::url_path(file)), file.as_str()),
        (None, Some(url)) => (url.clone(), url.as_str()),
        (None, None) => return None,
    };
    let mut image = json!({"type": "Image", "mediaType": image_type(name), "url": url});
    if !picture.description.is_empty() {
        image["summary"] = picture.description.as_str().into();
        image["name"] = picture.description.as_str().into();
    }
    Some(image)
}

fn image_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        _ => "image/jpeg",
    }
}

fn html(rich: &RichText, urls: &Urls) -> String {
    to_html(rich, &urls.tag_base())
}

/// Without the paragraph around it.
fn inline_html(rich: &RichText, urls: &Urls) -> String {
    if rich.marks.is_empty() {
        return escape(&rich.text);
    }
    let html = html(rich, urls);
    match html.strip_prefix("<p>").and_then(|h| h.strip_suffix("</p>")) {
        Some(inner) if !inner.contains("<p>") => inner.to_owned(),
        _ => html,
    }
}
