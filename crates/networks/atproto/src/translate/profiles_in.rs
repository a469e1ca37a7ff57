//! `app.bsky.actor.profile` and the document of the DID to somebody.

use super::{
    place::{blob_url, page_of, written_at},
    posts_in::labels,
};
use crate::{
    data::{BlobRef, Map, Value},
    facts::Facts,
    people::Identity,
    syntax::Did,
};
use landbridge_hub::InActor;
use landbridge_model::{
    ActorKind, Field, Picture, Profile, RichText, Time, richtext::compose, safe_display_name,
};

/// Characters of a name, and of a text about oneself.
const NAME: usize = 100;
const ABOUT: usize = 5_000;

/// Wants to be shown only to people who are signed in.
const SIGNED_IN_ONLY: &str = "!no-unauthenticated";
const BOT: &str = "bot";

/// Somebody. `record`: their profile, if they have one; `domain`: our reserved one for people of AT Protocol.
pub fn read(who: &Identity, record: Option<&Map>, domain: &str, now: Time) -> InActor {
    let empty = Map::new();
    let fields = record.unwrap_or(&empty);
    let text = |name: &str| fields.text(name).map(str::trim).filter(|text| !text.is_empty());
    let server = who.pds().map(|url| url.origin().ascii_serialization());
    let picture = |name: &str| {
        let (cid, _) = fields.get(name).and_then(Value::as_map).and_then(BlobRef::named)?;
        let remote_url = Some(blob_url(server.as_deref()?, &who.did, &cid));
        Some(Picture { file: None, remote_url, description: String::new() })
    };
    let labels = labels(fields);
    let signed_in_only = labels.contains(&SIGNED_IN_ONLY);
    let mut shown = Vec::new();
    if let Some(website) = text("website").filter(|w| w.len() < 500) {
        shown.push(Field { name: "Website".into(), value: compose(website), verified_at: None });
    }
    if let Some(pronouns) = text("pronouns").filter(|p| p.len() <= 200) {
        shown.push(Field { name: "Pronouns".into(), value: RichText::plain(pronouns), verified_at: None });
    }
    let about: String =
        text("description").unwrap_or_default().replace('\0', "").chars().take(ABOUT).collect();
    InActor {
        native_id: who.did.to_string(),
        username: who.handle.as_ref().map_or_else(|| name_of(&who.did), ToString::to_string),
        domain: domain.to_owned(),
        kind: if labels.contains(&BOT) { ActorKind::Service } else { ActorKind::Person },
        url: Some(page_of(&who.did)),
        profile: Profile {
            display_name: text("displayName").map(|name| safe_display_name(name, NAME)).unwrap_or_default(),
            bio: compose(&about),
            fields: shown,
            avatar: picture("avatar"),
            header: picture("banner"),
            // Everything is public and searched on this network, but for those who say otherwise.
            indexable: !signed_in_only,
            members_only: signed_in_only,
            unlisted_members_only: signed_in_only,
            also_known_as: who.elsewhere().map(str::to_owned).take(8).collect(),
            ..Profile::default()
        },
        created_at: record.and_then(|record| record.get("createdAt")).map(|_| written_at(fields, "", now)),
        facts: Facts { signed_in_only, ..who.facts() }.value(),
        ..InActor::default()
    }
}

/// Somebody without a handle that holds, by the DID, in letters that a name may have: `did_plc_...`. No handle has an
/// underscore, so it is nobody else's.
pub fn name_of(did: &Did) -> String {
    did.as_str().replace([':', '%'], "_")
}

/// The DID in such a name.
pub fn did_in_name(name: &str) -> Option<Did> {
    let rest = name.strip_prefix("did_")?;
    let (method, id) = rest.split_once('_')?;
    Did::parse(&format!("did:{method}:{id}")).ok().filter(|did| did.method().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{data::Cid, identity::DidDocument, syntax::Handle};
    use serde_json::json;
    use std::sync::Arc;

    fn who(handle: Option<&str>) -> Identity {
        let did = Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap();
        let document = json!({
            "id": did, "alsoKnownAs": ["at://bob.example.com", "https://bob.example/actor"],
            "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://pds.example"}],
        });
        let document = DidDocument::parse(&did, document.to_string().as_bytes()).unwrap();
        Identity { did, document: Arc::new(document), handle: handle.map(|h| Handle::parse(h).unwrap()) }
    }

    #[test]
    fn a_profile() {
        let json = json!({
            "$type": "app.bsky.actor.profile", "displayName": " Bob\u{202e} ", "description": "see https://x.example",
            "avatar": {"$type": "blob", "ref": {"$link": Cid::of_blob(b"x").to_string()}, "mimeType": "image/png", "size": 1},
            "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "bot"}, {"val": "!no-unauthenticated"}]},
            "website": "https://bob.example", "banner": "not a blob",
        });
        let Value::Map(fields) = Value::from_json(&json).unwrap() else { panic!("a map") };
        let bob = read(&who(Some("bob.example.com")), Some(&fields), "at.example.org", Time(5));
        assert_eq!((bob.username.as_str(), bob.domain.as_str()), ("bob.example.com", "at.example.org"));
        assert_eq!((bob.profile.display_name.as_str(), bob.kind), ("Bob", ActorKind::Service));
        assert!(bob.profile.members_only && !bob.profile.indexable && bob.profile.header.is_none());
        let avatar = bob.profile.avatar.unwrap().remote_url.unwrap();
        assert!(avatar.starts_with(
            "https://pds.example/xrpc/com.atproto.sync.getBlob?did=did:plc:ewvi7nxzyoun6zhxrhs64oiz&cid=b"
        ));
        assert_eq!(bob.profile.also_known_as, ["https://bob.example/actor"]);
    }

    #[test]
    fn without_anything_the_did_is_the_name() {
        let bare = read(&who(None), None, "at.example.org", Time(5));
        assert_eq!(bare.username, "did_plc_ewvi7nxzyoun6zhxrhs64oiz");
        assert_eq!(did_in_name(&bare.username).unwrap().as_str(), bare.native_id);
        assert!(bare.profile.indexable);
        assert_eq!(did_in_name("did_web_a.example.com").unwrap().as_str(), "did:web:a.example.com");
        assert_eq!(did_in_name("did_plc_short"), None);
    }
}
