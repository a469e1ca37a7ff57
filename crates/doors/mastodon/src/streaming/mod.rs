//! `/api/v1/streaming`: what happens, as it happens. docs/methods/streaming
//!
//! The hub's bus tells what was committed; each connection looks at it with its own reader's eyes.

mod channel;
mod feed;
mod sse;
mod ws;

use crate::{
    Both,
    auth::{bearer, in_query},
    door::Door,
    error::ApiError,
};
use axum::{Router, routing::get};
use channel::Channel;
use http::{HeaderMap, header};
use landbridge_hub::accounts::Grant;
use std::sync::Arc;

pub(crate) use ws::named;

pub(crate) fn routes() -> Router<Door> {
    let mut router = Router::new()
        .both("/api/v1/streaming", get(ws::get))
        .both("/api/v1/streaming/health", get(async || "OK"));
    for (path, name) in channel::PATHS {
        router = router.both(path, get(move |door, headers, uri| sse::get(door, headers, uri, name)));
    }
    router
}

/// Token and grant of a stream: from the header, the query, or (in browsers, which can set neither) the subprotocol.
async fn grant(
    door: &Door,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Result<(String, Arc<Grant>), ApiError> {
    let token =
        bearer(headers).map(str::to_owned).or_else(|| in_query(query)).or_else(|| subprotocol(headers));
    let token = token.ok_or_else(ApiError::unauthorized)?;
    let grant = door.grant_of(token.clone()).await?;
    door.hub.used(grant.id, "streaming");
    if grant.member.is_none() {
        return Err(ApiError::unauthorized());
    }
    Ok((token, grant))
}

fn subprotocol(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    value.split(',').map(str::trim).find(|p| !p.is_empty()).map(str::to_owned)
}

/// Whether a token's scopes allow a channel. What the channel of the user says of notifications needs theirs, too.
fn allowed(grant: &Grant, channel: &Channel) -> bool {
    match channel {
        Channel::Notifications => grant.allows("read:notifications"),
        _ => grant.allows("read:statuses"),
    }
}
