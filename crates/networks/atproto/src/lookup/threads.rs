//! The conversation around a post: what is above it, by its authors' servers; what is below, as an AppView knows it, each
//! record with its author's proof. Answers that the thread's author has hidden are left out.

use super::record;
use crate::{
    data::{Map, Record, Value},
    network::AtProto,
    remote::{self, Param},
    translate::{
        gates_in,
        place::{Place, THREADGATE, post_of},
    },
};
use futures_util::{StreamExt, stream};
use landbridge_hub::{Hub, HubError, Incoming, What};
use landbridge_model::Network;
use serde_json::Value as Json;
use std::collections::HashSet;

/// Posts above, and below.
const MOST_ABOVE: usize = 30;
const MOST_BELOW: usize = 100;
/// Records asked for at once.
const AT_ONCE: usize = 8;

pub async fn thread(at: &AtProto, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
    let Some(place) = Place::parse(native_id) else { return Ok(Vec::new()) };
    let (root, parent) = above(at, hub, &place).await?;
    let mut found = parents(at, hub, parent).await?;
    let root = root.and_then(|root| Place::parse(&root)).unwrap_or(place);
    let mut below = answers(at, &root).await;
    if !below.is_empty() {
        let hidden = hidden(at, &root).await;
        below.retain(|place| !hidden.contains(&place.to_string()));
    }
    let mut missing = Vec::new();
    for place in below {
        let uri = place.to_string();
        let here = hub.copy(Network::AtProto, &uri).await?.is_some();
        if !here && at.member_of_did(place.did.as_str()).await?.is_none() {
            missing.push(place);
        }
    }
    let fetched =
        stream::iter(missing).map(|place| async move { record(at, &place).await.unwrap_or_default() });
    found.extend(fetched.buffered(AT_ONCE).concat().await);
    found.retain(|incoming| matches!(incoming.what, What::Post(_) | What::Edit(_)));
    found.sort_by_key(|incoming| incoming.at);
    Ok(found)
}

/// (root, parent) of a post, from its record as it is held here.
async fn above(at: &AtProto, hub: &Hub, place: &Place) -> Result<(Option<String>, Option<String>), HubError> {
    let own = match at.member_of_did(place.did.as_str()).await? {
        Some(member) => {
            at.record(member.actor, &place.collection, &place.rkey).await?.map(|stored| stored.bytes)
        }
        None => hub.original(Network::AtProto, &place.to_string()).await?,
    };
    let record = own.and_then(|bytes| Record::decode(bytes).ok());
    let reply = record.as_ref().and_then(|record| record.fields().get("reply")).and_then(Value::as_map);
    let named = |name: &str| reply?.get(name)?.as_map().and_then(post_of);
    Ok((named("root"), named("parent")))
}

/// Upward until something is here, or is not to be had.
async fn parents(at: &AtProto, hub: &Hub, mut next: Option<String>) -> Result<Vec<Incoming>, HubError> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    while let Some(uri) = next.take()
        && found.len() < MOST_ABOVE
        && seen.insert(uri.clone())
    {
        if hub.copy(Network::AtProto, &uri).await?.is_some() {
            break;
        }
        let Some(place) = Place::parse(&uri) else { break };
        if at.member_of_did(place.did.as_str()).await?.is_some() {
            break;
        }
        for incoming in record(at, &place).await.unwrap_or_default() {
            if let What::Post(post) = &incoming.what {
                next.clone_from(&post.reply_to);
            }
            found.push(incoming);
        }
    }
    Ok(found)
}

/// Answers to a post, and answers to these, as an AppView tells.
async fn answers(at: &AtProto, root: &Place) -> Vec<Place> {
    let Some(view) = &at.options.appview else { return Vec::new() };
    let uri = root.to_string();
    let params = [Param("uri", &uri), Param("depth", "10"), Param("parentHeight", "0")];
    match remote::json(at, &view.url, "app.bsky.feed.getPostThread", &params).await {
        Ok(answer) => answer.map(|answer| listed(&answer)).unwrap_or_default(),
        Err(error) => {
            tracing::debug!(%error, "an AppView did not tell of a thread");
            Vec::new()
        }
    }
}

/// Posts of a `threadView`, the nearer ones first.
pub fn listed(answer: &Json) -> Vec<Place> {
    let replies = |view: &Json| view.get("replies").and_then(Json::as_array).cloned().unwrap_or_default();
    let (mut found, mut level) = (Vec::new(), answer.get("thread").map(replies).unwrap_or_default());
    while !level.is_empty() && found.len() < MOST_BELOW {
        let uris = level.iter().filter_map(|view| view.get("post")?.get("uri")?.as_str());
        found.extend(uris.filter_map(Place::parse));
        level = level.iter().flat_map(replies).take(MOST_BELOW).collect();
    }
    found.truncate(MOST_BELOW);
    found
}

async fn hidden(at: &AtProto, root: &Place) -> Vec<String> {
    let place = Place { collection: THREADGATE.into(), ..root.clone() };
    let fields: Option<Map> = match at.member_of_did(place.did.as_str()).await {
        Ok(Some(member)) => {
            let stored = at.record(member.actor, THREADGATE, &place.rkey).await.ok().flatten();
            stored.and_then(|stored| stored.record().ok()).map(|record| record.fields().clone())
        }
        Ok(None) => {
            let proof = at.prove(&place).await.ok().flatten();
            proof.and_then(|proof| proof.found).map(|found| found.record.fields().clone())
        }
        Err(_) => None,
    };
    fields
        .filter(|gate| gates_in::is_of(gate, root))
        .map(|gate| gates_in::hidden_answers(&gate))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn trees_become_lists() {
        let uri = |n: usize| format!("at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/{n}");
        let tree = json!({"thread": {"post": {"uri": uri(0)}, "replies": [
            {"post": {"uri": uri(1)}, "replies": [{"post": {"uri": uri(3)}}]},
            {"$type": "app.bsky.feed.defs#blockedPost", "uri": uri(9)},
            {"post": {"uri": uri(2)}, "replies": "x"},
        ]}});
        let keys: Vec<String> = listed(&tree).into_iter().map(|place| place.rkey).collect();
        assert_eq!(keys, ["1", "2", "3"]);
        let wide = json!({"thread": {"replies": (0..1000).map(|n| json!({"post": {"uri": uri(n)}})).collect::<Vec<_>>()}});
        assert_eq!(listed(&wide).len(), MOST_BELOW);
        assert!(listed(&json!(null)).is_empty());
    }
}
