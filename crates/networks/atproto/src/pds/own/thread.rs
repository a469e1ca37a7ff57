//! New answers, in threads; and a thread of a post that the AppView does not know yet.

use super::{Newer, POST, list, parameter, profile, view::View};
use crate::{
    data::Record,
    network::AtProto,
    pds::{Access, XrpcResult, proxy::Target},
    syntax::{AtUri, Nsid},
};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use bytes::Bytes;
use serde_json::{Value, json};

/// How deep a thread of an answer is looked into.
const DEEPEST: usize = 40;

/// Adds answers to what is shown.
pub fn add(thread: &mut Value, view: &View, newer: &Newer) {
    update(thread, view, newer, DEEPEST);
    // The oldest first: an answer to an answer finds its place.
    for (uri, cid, record) in &newer.posts {
        if let Some(parent) = parent_of(record) {
            let node = json!({ "$type": NODE, "post": view.post(uri, cid, record), "replies": [] });
            put(thread, parent, uri, &node, DEEPEST);
        }
    }
}

const NODE: &str = "app.bsky.feed.defs#threadViewPost";

fn parent_of(record: &Record) -> Option<&str> {
    record.fields().get("reply")?.get("parent")?.get("uri")?.as_text()
}

fn update(node: &mut Value, view: &View, newer: &Newer, depth: usize) {
    if depth == 0 || !node.is_object() {
        return;
    }
    if let Some(author) = node.pointer_mut("/post/author") {
        profile::update(author, view, newer);
    }
    if let Some(parent) = node.get_mut("parent") {
        update(parent, view, newer, depth - 1);
    }
    for reply in list(node, "replies") {
        update(reply, view, newer, depth - 1);
    }
}

/// Below the post of that URI, once.
fn put(node: &mut Value, parent: &str, uri: &str, answer: &Value, depth: usize) -> bool {
    if depth == 0 || !node.is_object() {
        return false;
    }
    if node["post"]["uri"] == parent {
        let Some(fields) = node.as_object_mut() else { return false };
        let replies = fields.entry("replies").or_insert_with(|| json!([]));
        if let Some(replies) = replies.as_array_mut()
            && replies.iter().all(|reply| reply["post"]["uri"] != uri)
        {
            replies.insert(0, answer.clone());
        }
        return true;
    }
    list(node, "replies").any(|reply| put(reply, parent, uri, answer, depth - 1))
}

/// A thread that begins with a post of the member's which the AppView has yet to read, below what it answers.
pub async fn unknown(
    at: &AtProto,
    access: &Access,
    view: &View,
    target: &Target,
    headers: &HeaderMap,
    query: &str,
) -> XrpcResult<Option<Value>> {
    let Some(uri) = parameter(query, "uri").and_then(|uri| AtUri::parse(&uri).ok()) else { return Ok(None) };
    let own =
        uri.authority().as_str() == view.did || uri.authority().as_str().eq_ignore_ascii_case(&view.handle);
    let (Some(collection), Some(rkey)) = (uri.collection(), uri.rkey()) else { return Ok(None) };
    if !own || collection.as_str() != POST {
        return Ok(None);
    }
    let Some(stored) = at.record(access.member, POST, rkey.as_str()).await? else { return Ok(None) };
    let record = stored.record()?;
    let own = format!("at://{}/{POST}/{}", access.did, rkey.as_str());
    let mut node =
        json!({ "$type": NODE, "post": view.post(&own, &stored.cid.to_string(), &record), "replies": [] });
    if let Some(parent) = parent_of(&record) {
        let method = Nsid::parse("app.bsky.feed.getPostThread");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("uri", parent)
            .append_pair("depth", "0")
            .append_pair("parentHeight", "20")
            .finish();
        let asked = format!("/xrpc/app.bsky.feed.getPostThread?{query}").parse::<Uri>();
        if let (Ok(method), Ok(asked)) = (method, asked)
            && let Ok(answer) =
                at.ask(access, &method, target, &Method::GET, &asked, headers, Bytes::new()).await
            && answer.status == StatusCode::OK
            && let Ok(above) = serde_json::from_slice::<Value>(&answer.body)
            && above["thread"].is_object()
        {
            node["parent"] = above["thread"].clone();
        }
    }
    Ok(Some(json!({ "thread": node })))
}
