//! Records of acts to what was done: posts, reposts, likes, follows, blocks.

use super::{
    gates_in,
    place::{BLOCK, FOLLOW, LIKE, POST, POSTGATE, Place, REPOST, THREADGATE, post_of, written_at},
    posts_in,
};
use crate::{
    data::{Map, Record, Value},
    syntax::Did,
};
use landbridge_hub::{Incoming, Undone, Via, What};
use landbridge_model::{Network, Time, Visibility};

/// A record as it was proved to be in its author's repository.
#[derive(Clone, Debug)]
pub struct Found {
    pub place: Place,
    pub record: Record,
}

/// What a record says was done. `server`: origin of the author's PDS. `None`: nothing that is known here, or not what its
/// collection holds.
pub fn read(found: &Found, server: Option<&str>, now: Time) -> Option<What> {
    let Found { place, record } = found;
    let fields = record.fields();
    if record.kind() != place.collection {
        return None;
    }
    let reference = || fields.get("subject").and_then(Value::as_map);
    Some(match place.collection.as_str() {
        POST => What::Post(Box::new(posts_in::read(place, &record.cid(), fields, server, now)?)),
        REPOST => What::Repost { target: post_of(reference()?)?, visibility: Visibility::Public },
        LIKE => What::React { target: post_of(reference()?)?, content: String::new(), emoji: None },
        FOLLOW => What::Follow { target: person(fields)? },
        BLOCK => What::Block { target: person(fields)? },
        THREADGATE | POSTGATE => gates_in::read(place, fields)?,
        _ => return None,
    })
}

/// Who is followed or blocked.
fn person(fields: &Map) -> Option<String> {
    Did::parse(fields.text("subject")?).ok().filter(|did| did.method().is_some()).map(|did| did.to_string())
}

/// The same as the hub takes it. `at`: when its repository had it; `None`: not known, as the record says.
pub fn incoming(found: &Found, what: What, at: Option<Time>, via: Via, now: Time) -> Incoming {
    let Found { place, record } = found;
    Incoming {
        network: Network::AtProto,
        actor: place.did.to_string(),
        id: Some(place.to_string()),
        at: at.unwrap_or_else(|| written_at(record.fields(), &place.rkey, now)),
        via,
        original: record.bytes().clone(),
        what,
    }
}

/// A record that is no longer there. Whether that can mean something here.
pub fn removed(place: &Place, at: Time) -> Option<Incoming> {
    let uri = place.to_string();
    let what = match place.collection.as_str() {
        POST => What::Delete { target: uri },
        THREADGATE | POSTGATE => gates_in::none(place)?,
        REPOST | LIKE | FOLLOW | BLOCK => What::Undo(Undone { id: Some(uri), what: None }),
        _ => return None,
    };
    let actor = place.did.to_string();
    Some(Incoming {
        network: Network::AtProto,
        actor,
        id: None,
        at,
        via: Via::Delivered,
        original: Default::default(),
        what,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";

    fn act(collection: &str, json: Json) -> Option<What> {
        let Value::Map(fields) = Value::from_json(&json).unwrap() else { panic!("a map") };
        let place = Place::parse(&format!("at://{DID}/{collection}/3kabc")).unwrap();
        read(&Found { place, record: Record::encode(fields).unwrap() }, None, Time(1))
    }

    #[test]
    fn acts() {
        let post = format!("at://{DID}/app.bsky.feed.post/3k");
        let subject = json!({"uri": post, "cid": "x"});
        assert!(
            matches!(act(LIKE, json!({"$type": LIKE, "subject": subject})), Some(What::React { target, .. }) if target == post)
        );
        assert!(
            matches!(act(REPOST, json!({"$type": REPOST, "subject": subject})), Some(What::Repost { target, .. }) if target == post)
        );
        assert!(
            matches!(act(FOLLOW, json!({"$type": FOLLOW, "subject": DID})), Some(What::Follow { target }) if target == DID)
        );
        assert!(
            matches!(act(BLOCK, json!({"$type": BLOCK, "subject": DID})), Some(What::Block { target }) if target == DID)
        );
    }

    #[test]
    fn what_does_not_fit_its_place_is_nothing() {
        let feed = json!({"uri": format!("at://{DID}/app.bsky.feed.generator/x"), "cid": "x"});
        assert!(act(LIKE, json!({"$type": LIKE, "subject": feed})).is_none());
        assert!(act(LIKE, json!({"$type": LIKE, "subject": DID})).is_none());
        assert!(act(FOLLOW, json!({"$type": FOLLOW, "subject": "bob.example.com"})).is_none());
        assert!(act(POST, json!({"$type": LIKE, "text": "x"})).is_none());
        assert!(act(POST, json!({"$type": POST, "text": 5})).is_none());
    }
}
