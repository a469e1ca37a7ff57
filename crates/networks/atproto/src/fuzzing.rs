//! Parsers that are no part of the crate's face, for the targets in `fuzz/`.

use crate::{
    data::{Map, Record, Value},
    identity::DidDocument,
    lookup::names,
    people::Identity,
    syntax::{Did, Handle},
    translate::{
        acts_in::{self, Found},
        gates_in,
        place::Place,
        profiles_in,
    },
};
use landbridge_hub::{InActor, What};
use landbridge_model::Time;
use std::sync::Arc;

/// A record in its place: what was done.
pub fn act(record: &Record, now: Time) -> Option<What> {
    let place =
        Place::parse(&format!("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/{}/3kabcdefghi2k", record.kind()))?;
    let found = Found { place: place.clone(), record: record.clone() };
    let what = acts_in::read(&found, Some("https://pds.example"), now);
    if let Some(What::Post(post)) = &what {
        assert_eq!(post.native_id, place.to_string());
        for named in [&post.reply_to, &post.root, &post.quote].into_iter().flatten() {
            assert_eq!(Place::parse(named).map(|place| place.to_string()).as_ref(), Some(named));
        }
    }
    what
}

/// The same as a profile of whom the document is.
pub fn profile(document: DidDocument, handle: Option<Handle>, fields: Option<&Map>, now: Time) -> InActor {
    let who = Identity { did: document.did.clone(), document: Arc::new(document), handle };
    let actor = profiles_in::read(&who, fields, "at.b.example", now);
    // A port of localhost is left out of names: it is nobody's but a trial's.
    if who.handle.is_none() && !who.did.as_str().contains('%') {
        assert_eq!(
            profiles_in::did_in_name(&actor.username).as_ref(),
            Some(&who.did).filter(|did| did.method().is_some())
        );
    }
    actor
}

/// The same as a gate.
pub fn gate(fields: &Map) {
    let _ = (gates_in::who_may_answer(fields), gates_in::who_may_quote(fields));
    assert!(gates_in::hidden_answers(fields).len() <= 300);
    assert!(gates_in::detached_quotes(fields).len() <= 50);
}

/// What a pasted text names, and again as its AT-URI.
pub fn name(text: &str) {
    let Some(named) = names::read(text, "at.b.example") else { return };
    let uri = match &named {
        names::Named::Person(whose) => format!("at://{whose}"),
        names::Named::Record(whose, collection, rkey) => format!("at://{whose}/{collection}/{rkey}"),
    };
    assert_eq!(names::read(&uri, "at.b.example"), Some(named), "{uri}");
}

/// A document of whomever it says it is of.
pub fn document(json: &[u8]) -> Option<DidDocument> {
    let value: serde_json::Value = serde_json::from_slice(json).ok()?;
    let did = Did::parse(value.get("id")?.as_str()?).ok()?;
    let document = DidDocument::parse(&did, json).ok()?;
    let again = DidDocument::parse(&did, document.to_json().to_string().as_bytes());
    // What was of no use is left out; what is left is all there.
    if let Ok(again) = again {
        assert_eq!((&again.keys, &again.services), (&document.keys, &document.services));
    }
    Some(document)
}

/// JSON as a record, or bytes as one.
pub fn record(bytes: &[u8]) -> Option<Record> {
    match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(json) => match Value::from_json(&json).ok()? {
            Value::Map(fields) => Record::encode(fields).ok(),
            _ => None,
        },
        Err(_) => Record::decode(bytes.to_vec()).ok(),
    }
}
