//! `com.atproto.temp.{checkHandleAvailability,checkSignupQueue}`: what apps ask while somebody signs up.

use super::{
    Access, XrpcError, XrpcResult,
    access::Limit,
    input::{Caller, Params},
};
use crate::{network::AtProto, syntax::Handle};
use axum::{Json, Router, extract::State, routing::get};
use landbridge_hub::HubError;
use landbridge_model::check_name;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Names like one that is taken: so many are offered.
const SUGGESTIONS: usize = 3;
/// Numbers that are tried for them.
const TRIED: std::ops::Range<u32> = 1..20;

pub fn router() -> Router<Arc<AtProto>> {
    Router::new()
        .route("/xrpc/com.atproto.temp.checkHandleAvailability", get(availability))
        .route("/xrpc/com.atproto.temp.checkSignupQueue", get(queue))
}

#[derive(Deserialize)]
struct Tentative {
    handle: String,
}

async fn availability(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    Params(tentative): Params<Tentative>,
) -> XrpcResult<Json<Value>> {
    at.guard.limits.take(Limit::Requests, &caller.key(), 10)?;
    let handle =
        Handle::parse(&tentative.handle).map_err(|why| XrpcError::new("InvalidHandle", why.to_string()))?;
    let name = at.own_name(&handle).ok_or_else(|| {
        XrpcError::new("UnsupportedDomain", format!("a new handle ends with .{}", at.options.handle_domain))
    })?;
    let kind = |kind: &str| format!("com.atproto.temp.checkHandleAvailability#{kind}");
    if is_free(&at, name).await? {
        return Ok(Json(json!({ "handle": handle, "result": { "$type": kind("resultAvailable") } })));
    }
    let mut suggestions = Vec::new();
    for number in TRIED {
        let other = format!("{name}{number}");
        if suggestions.len() < SUGGESTIONS && is_free(&at, &other).await? {
            let other = format!("{other}.{}", at.options.handle_domain);
            suggestions.push(json!({ "handle": other, "method": "number" }));
        }
    }
    let result = json!({ "$type": kind("resultUnavailable"), "suggestions": suggestions });
    Ok(Json(json!({ "handle": handle, "result": result })))
}

async fn is_free(at: &AtProto, name: &str) -> Result<bool, HubError> {
    if check_name(name).is_err() {
        return Ok(false);
    }
    at.hub.is_name_free(name).await
}

/// Whoever has an account has it at once: nobody waits here.
async fn queue(access: Access) -> XrpcResult<Json<Value>> {
    access.ordinary()?;
    Ok(Json(json!({ "activated": true })))
}
