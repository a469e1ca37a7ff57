//! The schemas of the records that are known here, and records held to them.

use super::{XrpcError, XrpcResult};
use crate::{
    data::Map,
    lexicon::{Catalog, Lexicon, Validity},
    syntax::{Nsid, RecordKey},
};
use std::sync::LazyLock;

/// What the app's lexicons ask of records, as far as this server knows them: one document a line.
const KNOWN: &str = include_str!("../lexicon/known.json");

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let mut catalog = Catalog::new();
    let documents: Vec<serde_json::Value> = serde_json::from_str(KNOWN).unwrap_or_default();
    documents
        .into_iter()
        .filter_map(|json| Lexicon::from_json(json).ok())
        .for_each(|lexicon| catalog.add(lexicon));
    catalog
});

/// `valid` or `unknown`. `validate`: whether the app wants it checked; `None`: when it can be.
pub fn check(
    collection: &Nsid,
    rkey: &RecordKey,
    fields: &Map,
    validate: Option<bool>,
) -> XrpcResult<&'static str> {
    if validate == Some(false) {
        return Ok("unknown");
    }
    match CATALOG.check_record(collection, rkey, fields) {
        Ok(Validity::Valid) => Ok("valid"),
        Ok(Validity::Unknown) if validate == Some(true) => {
            Err(XrpcError::invalid(format!("Unvalidated write: the lexicon {collection} is not known here")))
        }
        Ok(Validity::Unknown) => Ok("unknown"),
        Err(error) => Err(XrpcError::invalid(format!("Invalid {collection} record: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(collection: &str, rkey: &str, record: serde_json::Value) -> XrpcResult<&'static str> {
        let mut fields = Map::from_json(&record).unwrap();
        fields.insert("$type", collection);
        check(&Nsid::parse(collection).unwrap(), &RecordKey::parse(rkey).unwrap(), &fields, None)
    }

    #[test]
    fn every_document_is_read() {
        let documents: Vec<serde_json::Value> = serde_json::from_str(KNOWN).unwrap();
        for document in documents {
            let read = Lexicon::from_json(document.clone());
            assert!(read.is_ok(), "{document}: {read:?}");
        }
    }

    /// What a document refers to, as whole refs.
    fn refs(json: &serde_json::Value, id: &str, found: &mut Vec<String>) {
        let whole = |to: &str| if to.starts_with('#') { format!("{id}{to}") } else { to.to_owned() };
        found.extend(json["ref"].as_str().map(whole));
        found.extend(json["refs"].as_array().into_iter().flatten().filter_map(|to| to.as_str()).map(whole));
        let inner = json.as_object().into_iter().flat_map(|fields| fields.values());
        inner.chain(json.as_array().into_iter().flatten()).for_each(|inner| refs(inner, id, found));
    }

    #[test]
    fn every_ref_leads_somewhere() {
        let documents: Vec<serde_json::Value> = serde_json::from_str(KNOWN).unwrap();
        for document in documents {
            let mut found = Vec::new();
            refs(&document["defs"], document["id"].as_str().unwrap(), &mut found);
            for to in found {
                assert!(CATALOG.def(&to).is_some(), "{}: {to}", document["id"]);
            }
        }
    }

    #[test]
    fn records_beside_posts_are_held_to_theirs() {
        let (did, tid, at) = ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", "3jzfcijpj2z2a", "2026-11-26T12:00:00Z");
        let list = format!("at://{did}/app.bsky.graph.list/{tid}");
        let label = json!({
            "identifier": "spam", "severity": "inform", "blurs": "none",
            "locales": [{ "lang": "en", "name": "Spam", "description": "Spam" }],
        });
        for (collection, rkey, record, needed) in [
            (
                "app.bsky.feed.generator",
                "cats",
                json!({ "did": did, "displayName": "Cats", "createdAt": at }),
                "did",
            ),
            (
                "app.bsky.graph.starterpack",
                tid,
                json!({ "name": "Friends", "list": list, "createdAt": at }),
                "list",
            ),
            (
                "app.bsky.graph.verification",
                tid,
                json!({ "subject": did, "handle": "a.example.com", "displayName": "A", "createdAt": at }),
                "handle",
            ),
            (
                "app.bsky.labeler.service",
                "self",
                json!({ "policies": { "labelValues": ["spam"], "labelValueDefinitions": [label] }, "createdAt": at }),
                "policies",
            ),
            (
                "app.bsky.actor.status",
                "self",
                json!({ "status": "app.bsky.actor.status#live", "createdAt": at }),
                "status",
            ),
            (
                "app.bsky.notification.declaration",
                "self",
                json!({ "allowSubscriptions": "none" }),
                "allowSubscriptions",
            ),
            ("chat.bsky.actor.declaration", "self", json!({ "allowIncoming": "all" }), "allowIncoming"),
            ("com.atproto.lexicon.schema", "org.example.thing", json!({ "lexicon": 1 }), "lexicon"),
            (
                "com.germnetwork.declaration",
                "self",
                json!({ "version": "1.0.0", "currentKey": { "$bytes": "AAAA" } }),
                "currentKey",
            ),
        ] {
            assert_eq!(checked(collection, rkey, record.clone()).unwrap(), "valid", "{collection}");
            let mut without = record;
            without.as_object_mut().unwrap().remove(needed);
            assert!(checked(collection, rkey, without).is_err(), "{collection} without {needed}");
        }
    }

    #[test]
    fn a_video_may_be_told_of_at_length() {
        let file = json!({ "$link": crate::data::Cid::of_blob(b"x").to_string() });
        let video = json!({ "$type": "blob", "ref": file, "mimeType": "video/mp4", "size": 1 });
        let embed = json!({ "$type": "app.bsky.embed.video", "video": video, "alt": "x".repeat(20_000) });
        let post = json!({ "text": "hi", "createdAt": "2026-11-26T12:00:00Z", "embed": embed });
        assert_eq!(checked("app.bsky.feed.post", "3jzfcijpj2z2a", post).unwrap(), "valid");
    }

    #[test]
    fn posts_are_held_to_their_schema() {
        let tid = "3jzfcijpj2z2a";
        let post = |text: &str| json!({ "text": text, "createdAt": "2026-11-26T12:00:00Z" });
        assert_eq!(checked("app.bsky.feed.post", tid, post("hi")).unwrap(), "valid");
        assert!(checked("app.bsky.feed.post", tid, post(&"x".repeat(301))).is_err());
        assert!(checked("app.bsky.feed.post", "self", post("hi")).is_err());
        assert!(checked("app.bsky.feed.post", tid, json!({ "text": "hi" })).is_err());
        let facet = json!({ "index": { "byteStart": 0, "byteEnd": -1 }, "features": [] });
        let mut bad = post("hi");
        bad["facets"] = json!([facet]);
        assert!(checked("app.bsky.feed.post", tid, bad).is_err());
        assert_eq!(checked("org.example.thing", "x", json!({ "any": 1 })).unwrap(), "unknown");
    }
}
