//! `app.bsky.feed.getFeed`. The AppView hands the member's token on to whoever makes the feed: so that is whom it is for, and
//! it is good for the skeleton of a feed alone. Who that is, the usual AppView says: whoever else is asked gets a token for
//! themselves.

use super::parameter;
use crate::{
    network::AtProto,
    pds::{
        Access, XrpcError, XrpcResult,
        proxy::{self, Question, Target},
    },
    remote::{self, Param},
    syntax::{AtUri, Did, Nsid},
};
use axum::{
    extract::State,
    http::{HeaderMap, Method, Uri, header},
    response::Response,
};
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;

const FEED: &str = "app.bsky.feed.getFeed";
const SKELETON: &str = "app.bsky.feed.getFeedSkeleton";

pub async fn feed(
    State(at): State<Arc<AtProto>>,
    access: Access,
    uri: Uri,
    headers: HeaderMap,
) -> XrpcResult<Response> {
    let target = at.target(FEED, &headers).await?;
    let (method, skeleton, verb) = (nsid(FEED)?, nsid(SKELETON)?, &Method::GET);
    let usual = at.target(FEED, &HeaderMap::new()).await.ok();
    if usual.as_ref() != Some(&target) {
        access.used(&at, "asked another service");
        let answer = at.begin_to_ask(&access, &method, &target, verb, &uri, &headers, Bytes::new()).await?;
        return Ok(proxy::handed_on(answer));
    }
    for method in [FEED, SKELETON] {
        access.may_call(method, &target.service())?;
    }
    let feed = the_feed(uri.query().unwrap_or_default())?;
    let maker = maker_of(&at, &target, &feed).await?;
    access.used(&at, "asked another service");
    let mut sent = proxy::passed(&headers);
    let token = at.token_for(access.member, &access.did, &maker, &skeleton).await?;
    sent.insert(header::AUTHORIZATION, token);
    let query = uri.query();
    let question = Question { method: &method, verb, query, headers: sent, body: Bytes::new() };
    let answer = at.ask_openly(&target, question).await;
    Ok(proxy::handed_on(answer.map_err(|error| proxy::not_asked(error, &target))?))
}

/// The feed that is asked for. The query goes on as it is, so it must not name a second one.
fn the_feed(query: &str) -> XrpcResult<AtUri> {
    let names = url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    let once = names.filter(|name| name.split('[').next() == Some("feed")).count() == 1;
    let feed = parameter(query, "feed").filter(|_| once).and_then(|feed| AtUri::parse(&feed).ok());
    feed.ok_or_else(|| XrpcError::invalid("feed must be the AT-URI of a feed"))
}

/// Who makes a feed, as the AppView knows its record.
async fn maker_of(at: &AtProto, target: &Target, feed: &AtUri) -> XrpcResult<Did> {
    let unknown = || XrpcError::new("UnknownFeed", "could not resolve feed did");
    let (Some(collection), Some(rkey)) = (feed.collection(), feed.rkey()) else { return Err(unknown()) };
    let params = [
        Param("repo", feed.authority().as_str()),
        Param("collection", collection.as_str()),
        Param("rkey", rkey.as_str()),
    ];
    let answer = remote::json(at, &target.url, "com.atproto.repo.getRecord", &params).await?;
    let maker = answer.as_ref().and_then(|answer| answer.get("value")?.get("did")).and_then(Value::as_str);
    maker.and_then(|did| Did::parse(did).ok()).ok_or_else(unknown)
}

fn nsid(name: &str) -> XrpcResult<Nsid> {
    Nsid::parse(name).map_err(|_| XrpcError::invalid("this is no name of a method"))
}
