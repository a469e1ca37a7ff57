//! Who may answer or quote a post, as its author says in records of the same key (`app.bsky.feed.threadgate`, `.postgate`).

use super::place::{POST, POSTGATE, Place, THREADGATE};
use crate::data::{Map, Value};
use landbridge_hub::{Gate, What};
use landbridge_model::{Audience, Groups};

/// Who may answer.
pub fn who_may_answer(gate: &Map) -> Audience {
    // Without the field everybody may, with an empty one nobody.
    let Some(rules) = gate.get("allow").and_then(Value::as_list) else { return Audience::Everyone };
    let mut groups = Groups::default();
    for rule in rules {
        let name = rule.as_map().and_then(|map| map.text("$type"));
        match name.and_then(|name| name.strip_prefix("app.bsky.feed.threadgate#")) {
            Some("followerRule") => groups.followers = true,
            Some("followingRule") => groups.following = true,
            Some("mentionRule") => groups.mentioned = true,
            Some("listRule") => groups.listed = true,
            _ => return Audience::Everyone,
        }
    }
    Audience::of(groups)
}

/// Answers that the author of the thread has hidden.
pub fn hidden_answers(gate: &Map) -> Vec<String> {
    uris(gate, "hiddenReplies", 300)
}

/// Who may quote.
pub fn who_may_quote(gate: &Map) -> Audience {
    let rules = gate.get("embeddingRules").and_then(Value::as_list).unwrap_or_default();
    let disabled = rules.iter().take(16).any(|rule| {
        rule.as_map().and_then(|map| map.text("$type")) == Some("app.bsky.feed.postgate#disableRule")
    });
    if disabled { Audience::Nobody } else { Audience::Everyone }
}

/// Quotes that the author has taken off.
pub fn detached_quotes(gate: &Map) -> Vec<String> {
    uris(gate, "detachedEmbeddingUris", 50)
}

/// What the record says of the post of the same key; `None`: it is no gate, or names another post.
pub fn read(place: &Place, fields: &Map) -> Option<What> {
    let post = post_of(place)?;
    if !is_of(fields, &post) {
        return None;
    }
    let gate = match place.collection.as_str() {
        THREADGATE => Gate::Answers { policy: who_may_answer(fields), hidden: hidden_answers(fields) },
        _ => Gate::Quotes { policy: who_may_quote(fields), detached: detached_quotes(fields) },
    };
    Some(What::Gate { target: post.to_string(), gate })
}

/// What holds without the record.
pub fn none(place: &Place) -> Option<What> {
    let gate = match place.collection.as_str() {
        THREADGATE => Gate::Answers { policy: Audience::Everyone, hidden: Vec::new() },
        _ => Gate::Quotes { policy: Audience::Everyone, detached: Vec::new() },
    };
    Some(What::Gate { target: post_of(place)?.to_string(), gate })
}

/// The post that a gate stands beside.
pub fn post_of(gate: &Place) -> Option<Place> {
    let is_gate = [THREADGATE, POSTGATE].contains(&gate.collection.as_str());
    is_gate.then(|| Place { collection: POST.into(), ..gate.clone() })
}

/// Whether a gate is of the post of the same author and key: others' posts are not theirs to close.
pub fn is_of(gate: &Map, post: &Place) -> bool {
    gate.text("post").and_then(Place::parse).is_some_and(|named| named == *post)
}

fn uris(gate: &Map, name: &str, most: usize) -> Vec<String> {
    let list = gate.get(name).and_then(Value::as_list).unwrap_or_default();
    let places = list.iter().take(most).filter_map(|uri| Place::parse(uri.as_text()?));
    places.map(|place| place.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn map(json: Json) -> Map {
        let Value::Map(fields) = Value::from_json(&json).unwrap() else { panic!("a map") };
        fields
    }

    #[test]
    fn records() {
        let at = |collection: &str| {
            Place::parse(&format!("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/{collection}/3k"))
        };
        let (post, place) = (at(POST).unwrap().to_string(), at(POSTGATE).unwrap());
        let gate = json!({"post": post, "detachedEmbeddingUris": [post, 5], "embeddingRules": []});
        let Some(What::Gate { target, gate }) = read(&place, &map(gate)) else { panic!("a gate") };
        let detached = vec![post.clone()];
        assert_eq!((target, gate), (post, Gate::Quotes { policy: Audience::Everyone, detached }));
        let other = json!({"post": "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3other"});
        assert!(read(&place, &map(other)).is_none());
        assert!(none(&at(POST).unwrap()).is_none() && none(&at(THREADGATE).unwrap()).is_some());
    }

    #[test]
    fn rules() {
        let rule = |name: &str| json!({"$type": format!("app.bsky.feed.threadgate#{name}")});
        let answer = |allow: Json| who_may_answer(&map(json!({"allow": allow})));
        assert_eq!(who_may_answer(&Map::new()), Audience::Everyone);
        assert_eq!(answer(json!([])), Audience::Nobody);
        assert_eq!(answer(json!([rule("mentionRule")])), Audience::Mentioned);
        let both = Groups { mentioned: true, following: true, ..Groups::default() };
        assert_eq!(answer(json!([rule("mentionRule"), rule("followingRule")])), Audience::Several(both));
        let listed = Groups { listed: true, ..Groups::default() };
        assert_eq!(answer(json!([rule("listRule")])), Audience::Several(listed));
        let both = Groups { mentioned: true, ..listed };
        assert_eq!(answer(json!([rule("mentionRule"), rule("listRule")])), Audience::Several(both));
        for other in [json!([rule("newRule")]), json!([5]), json!("x")] {
            assert_eq!(answer(other), Audience::Everyone);
        }
        let disable = json!({"embeddingRules": [{"$type": "app.bsky.feed.postgate#disableRule"}]});
        assert_eq!(who_may_quote(&map(disable)), Audience::Nobody);
        let uri = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3k";
        assert_eq!(hidden_answers(&map(json!({"hiddenReplies": [uri, "x", 3]}))), [uri]);
        assert!(is_of(&map(json!({"post": uri})), &Place::parse(uri).unwrap()));
    }
}
