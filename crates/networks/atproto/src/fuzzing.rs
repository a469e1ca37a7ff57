//! Parsers that are no part of the crate's face, for the targets in `fuzz/`.

use crate::{
    chat::read,
    data::{Map, Record, Value},
    identity::{
        DidDocument, did_web_url,
        plc::{LogEntry, Signed, check_log},
    },
    jwt::Jwt,
    lookup::names,
    oauth::{
        client, dpop,
        scopes::{self, Scopes},
    },
    people::Identity,
    richtext::{Facet, from_facets, to_facets},
    syntax::{Did, DidMethod, Handle},
    translate::{
        acts_in::{self, Found},
        gates_in,
        place::Place,
        profiles_in,
    },
};
use landbridge_hub::{InActor, InPost, What};
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

/// A message of the chat service; its reaction, when it is one.
pub fn chat(json: &[u8], now: Time) -> Option<InPost> {
    let view: serde_json::Value = serde_json::from_slice(json).ok()?;
    let _ = (read::person(&view), read::reaction(&view));
    let message = read::message("convo", &view)?;
    assert_eq!(
        (&message.post.native_id, &message.post.author),
        (&message.id.to_string(), &message.sender.to_string())
    );
    // It goes by the clock, and the target by a moment that does not pass.
    Some(InPost { published: Time(message.post.published.0.min(now.0)), ..message.post })
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

/// Facets of a text: those of all that are good, and what is left of all others.
pub fn facets(fields: &Map) {
    let (text, list) = (fields.text("text").unwrap_or_default(), fields.get("facets"));
    let rich = from_facets(text, list);
    let mut before = 0;
    for mark in &rich.marks {
        let (start, end) = (mark.start as usize, mark.end as usize);
        assert!(before <= start && start < end && text.get(start..end).is_some());
        before = end;
    }
    let Some(Ok(read)) = list.map(|list| Facet::read_all(text, list)) else { return };
    assert_eq!(to_facets(&rich).len(), read.len());
    let again = Value::from(read.iter().map(Facet::to_map).collect::<Vec<_>>());
    assert_eq!(Facet::read_all(text, &again), Ok(read));
}

/// An operation of a directory of DIDs, or an entry of its log.
pub fn operation(json: &[u8]) {
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(json) else { return };
    if let Ok(signed) = Signed::from_json(&json) {
        assert_eq!(Signed::from_json(&signed.to_json()).as_ref(), Ok(&signed));
        let _ = signed.operation.data().map(|data| (data.check(), signed.signer(&data.rotation_keys)));
    }
    let list = json.as_array().map_or(std::slice::from_ref(&json), Vec::as_slice);
    let did = list.first().and_then(|entry| Did::parse(entry.get("did")?.as_str()?).ok());
    let Some(did) = did else { return };
    if let Ok(log) = list.iter().map(|entry| LogEntry::from_json(&did, entry)).collect::<Result<Vec<_>, _>>()
    {
        let _ = check_log(&did, &log);
    }
}

/// The description of an app, or its keys.
pub fn client(json: &[u8]) {
    const ID: &str = "https://app.example.com/client.json";
    let Ok(url) = client::address(ID, false) else { return };
    if let Ok((app, _)) = client::read_description(json, ID, &url, false) {
        assert_eq!((app.id.as_str(), app.host.as_str()), (ID, "app.example.com"));
        assert!((1..=50).contains(&app.redirect_uris.len()));
        for place in &app.redirect_uris {
            assert_eq!(app.redirect(place).as_ref(), Some(place));
            let scheme = place.split(':').next().unwrap_or_default();
            assert!(
                ["https", "http", "com.example.app"].iter().any(|good| scheme.eq_ignore_ascii_case(good))
            );
        }
        assert!(app.keys.is_none_or(|keys| keys.len() <= 20));
        assert!(app.name.is_none_or(|name| name.chars().count() <= 80));
    }
    if let Ok(keys) = client::read_key_set(json) {
        assert!((1..=20).contains(&keys.len()));
    }
}

/// What apps put into headers and forms: ids, tokens, proofs, scopes; and a DID.
pub fn said_by_apps(text: &str) {
    if let Ok(url) = client::address(text, false) {
        assert!(url.scheme() == "https" && url.domain().is_some_and(|name| name.contains('.')));
        assert!(matches!(client::localhost(text), Ok(None)));
    }
    if let Ok(Some(app)) = client::localhost(text) {
        assert!(app.redirect("https://evil.example/").is_none() && app.keys.is_none());
    }
    let _ = Jwt::read(text).map(|jwt| jwt.is_made_with(&[7; 32]));
    let expected = dpop::Expected {
        method: "POST",
        url: "https://pds.example/oauth/token",
        token: Some("token"),
        now: 1_800_000_000,
    };
    assert!(dpop::check(text, &expected, &[7; 32]).is_err());
    if let Some(written) = scopes::written(text) {
        let held = Scopes::held(&written.join(" "));
        assert!(written.len() <= 200 && held.all().len() <= written.len());
        assert!(held.all().iter().all(|scope| !scope.words().is_empty()));
    }
    if let Ok(did) = Did::parse(text) {
        let web = did.method() == Some(DidMethod::Web);
        let place = did_web_url(&did).map(|place| url::Url::parse(&place).map(|url| url.path().to_owned()));
        match place {
            Some(path) => assert!(web && path == Ok("/.well-known/did.json".to_owned()), "{did}"),
            None => assert!(!web),
        }
    }
}
