//! What a member has written, in answers of an AppView that has yet to read it: whoever has just posted sees the post. An AppView
//! says up to which commit it has read (`Atproto-Repo-Rev`); what came after is added here, and nothing is taken away.
//!
//! `app.bsky.actor.{getProfile,getProfiles}`, `app.bsky.feed.{getTimeline,getAuthorFeed,getActorLikes,getPostThread}`. Only
//! from notifications something is taken away: see [`notices`]. Feeds that others make are asked for as in [`generator`].

mod feed;
mod generator;
mod notices;
mod profile;
mod thread;
mod view;

use super::{Access, XrpcError, XrpcResult, proxy};
use crate::{
    data::Record,
    network::AtProto,
    syntax::{Nsid, Tid},
    translate::place::{POST, PROFILE},
};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use landbridge_hub::HubError;
use landbridge_store::entities::atproto_repos;
use serde_json::Value;
use std::sync::Arc;
use view::View;

/// Records that an AppView may be behind. One that is further behind is behind with everything.
const MOST: i64 = 100;

pub fn router() -> Router<Arc<AtProto>> {
    let methods = [
        "actor.getProfile",
        "actor.getProfiles",
        "feed.getTimeline",
        "feed.getAuthorFeed",
        "feed.getActorLikes",
    ];
    let mut routes = Router::new()
        .route("/xrpc/app.bsky.feed.getPostThread", get(answer))
        .route("/xrpc/app.bsky.feed.getFeed", get(generator::feed))
        .route("/xrpc/app.bsky.notification.listNotifications", get(notified))
        .route("/xrpc/app.bsky.notification.getUnreadCount", get(notified));
    for method in methods {
        routes = routes.route(&format!("/xrpc/app.bsky.{method}"), get(answer));
    }
    routes
}

/// What the member has written since.
#[derive(Default)]
struct Newer {
    profile: Option<Record>,
    /// (AT-URI, CID, record), the oldest first.
    posts: Vec<(String, String, Record)>,
}

async fn answer(
    State(at): State<Arc<AtProto>>,
    access: Access,
    uri: Uri,
    headers: HeaderMap,
) -> XrpcResult<Response> {
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    let method = Nsid::parse(name).map_err(|_| XrpcError::invalid("this is no name of a method"))?;
    let target = at.target(method.as_str(), &headers).await?;
    access.used(&at, "asked another service");
    let told = at.begin_to_ask(&access, &method, &target, &Method::GET, &uri, &headers, Bytes::new()).await?;
    let found = told.status == StatusCode::OK;
    let unknown_post = method.name() == "getPostThread" && told.status == StatusCode::BAD_REQUEST;
    if !found && !unknown_post {
        return Ok(proxy::handed_on(told));
    }
    // Without its word for how far it has read, everything might be new: only a post that it does not know at all is.
    let rev = told
        .headers
        .get("atproto-repo-rev")
        .and_then(|rev| rev.to_str().ok())
        .and_then(|rev| Tid::parse(rev).ok());
    let newer = match rev {
        Some(rev) => newer(&at, &access, &rev.to_string()).await?,
        None => Newer::default(),
    };
    if !unknown_post && newer.profile.is_none() && newer.posts.is_empty() {
        return Ok(proxy::handed_on(told));
    }
    let told = proxy::whole(told).await?;
    let view = View::of(&at, &access).await?;
    let query = uri.query().unwrap_or_default();
    let body: Option<Value> = serde_json::from_slice(&told.body).ok();
    let merged = match (method.name(), body) {
        ("getPostThread", body) if unknown_post => match body.filter(|body| body["error"] == "NotFound") {
            Some(_) => thread::unknown(&at, &access, &view, &target, &headers, query).await?,
            None => None,
        },
        (_, None) => None,
        ("getProfile", Some(mut body)) => {
            profile::update(&mut body, &view, &newer);
            Some(body)
        }
        ("getProfiles", Some(mut body)) => {
            for one in list(&mut body, "profiles") {
                profile::update(one, &view, &newer);
            }
            Some(body)
        }
        ("getPostThread", Some(mut body)) => {
            if let Some(thread) = body.get_mut("thread") {
                thread::add(thread, &view, &newer);
            }
            Some(body)
        }
        (feed, Some(mut body)) => {
            feed::add(feed, &mut body, &view, &newer, query);
            Some(body)
        }
    };
    let Some(merged) = merged else { return Ok(proxy::shown(told)) };
    Ok(instead_of(&told, merged))
}

async fn notified(
    State(at): State<Arc<AtProto>>,
    access: Access,
    uri: Uri,
    headers: HeaderMap,
) -> XrpcResult<Response> {
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    let method = Nsid::parse(name).map_err(|_| XrpcError::invalid("this is no name of a method"))?;
    let target = at.target(method.as_str(), &headers).await?;
    access.used(&at, "asked another service");
    let told = at.ask(&access, &method, &target, &Method::GET, &uri, &headers, Bytes::new()).await?;
    if told.status != StatusCode::OK {
        return Ok(proxy::shown(told));
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&told.body) else { return Ok(proxy::shown(told)) };
    let changed = match method.name() {
        "getUnreadCount" => notices::count_at_the_gate(&at, &access, &target, &mut body).await?,
        _ => notices::keep_the_gate(&at, access.member, &mut body).await?,
    };
    match changed {
        true => Ok(instead_of(&told, body)),
        false => Ok(proxy::shown(told)),
    }
}

/// An answer like that one, with another body.
fn instead_of(told: &landbridge_fetch::Response, body: Value) -> Response {
    let mut response = Json(body).into_response();
    for name in ["atproto-repo-rev", "atproto-content-labelers"] {
        if let (Some(value), Ok(name)) =
            (told.headers.get(name), header::HeaderName::from_bytes(name.as_bytes()))
        {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// What was written after a commit.
async fn newer(at: &AtProto, access: &Access, rev: &str) -> Result<Newer, HubError> {
    let mut newer = Newer::default();
    for mut row in at.hub.store().rows(atproto_repos::records_since(access.member, rev, MOST)).await? {
        let (collection, rkey): (String, String) = (row.get(0)?, row.get(1)?);
        if ![PROFILE, POST].contains(&collection.as_str()) {
            continue;
        }
        let bytes: Vec<u8> = row.get(3)?;
        let record = Record::decode(bytes).map_err(|_| HubError::Damaged("a record"))?;
        match collection.as_str() {
            PROFILE if rkey == "self" => newer.profile = Some(record),
            POST => {
                let uri = format!("at://{}/{POST}/{rkey}", access.did);
                newer.posts.push((uri, record.cid().to_string(), record));
            }
            _ => {}
        }
    }
    Ok(newer)
}

/// The things in a list of somebody else's JSON; nothing when it is none.
fn list<'a>(value: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// A parameter of a query.
fn parameter(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Map;
    use serde_json::json;

    #[test]
    fn answers_may_have_any_shape() {
        let view = View::for_tests("did:plc:ewvi7nxzyoun6zhxrhs64oiz");
        let reply = Map::new().with("parent", Map::new().with("uri", "at://x"));
        let post = Map::new().with("$type", POST).with("text", "x").with("reply", reply);
        let profile = Map::new().with("$type", PROFILE).with("displayName", "New");
        let newer = Newer {
            profile: Some(Record::encode(profile).unwrap()),
            posts: vec![("at://own".into(), "cid".into(), Record::encode(post).unwrap())],
        };
        for body in [
            json!(null),
            json!([]),
            json!("x"),
            json!(7),
            json!({}),
            json!({ "feed": "x", "thread": "x", "profiles": "x" }),
            json!({ "feed": [1, [], "x", { "post": "x" }, { "post": { "author": [] } }] }),
            json!({ "post": "x", "replies": "y", "parent": 7 }),
            json!({ "post": { "uri": "at://x", "author": "z" }, "replies": { "a": 1 } }),
            json!({ "post": [], "replies": [1, [], { "post": 1, "replies": [[]] }] }),
        ] {
            for method in ["getTimeline", "getAuthorFeed"] {
                feed::add(method, &mut body.clone(), &view, &newer, "actor=did:plc:ewvi7nxzyoun6zhxrhs64oiz");
            }
            thread::add(&mut body.clone(), &view, &newer);
            profile::update(&mut body.clone(), &view, &newer);
        }
        // An answer finds its post, also where there were none.
        let mut thread = json!({ "post": { "uri": "at://x" } });
        thread::add(&mut thread, &view, &newer);
        thread::add(&mut thread, &view, &newer);
        assert_eq!(thread["replies"].as_array().unwrap().len(), 1);
    }
}
