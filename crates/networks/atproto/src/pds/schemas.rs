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
