//! `app.bsky.notification.{registerPush,unregisterPush}`: an app wants to be told on its phone. Whose service tells it stands in
//! the input (`serviceDid`), so that is who is asked: the usual AppView, or the service for notices in the document of the DID;
//! the app must be allowed to ask either under the name of that service. This server itself tells nobody.

use super::{Access, XrpcError, XrpcResult, proxy};
use crate::{
    network::AtProto,
    syntax::{Did, Nsid},
};
use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Method, Uri},
    response::Response,
    routing::post,
};
use serde::Deserialize;
use std::sync::Arc;

/// Name of the service in the document of its DID.
const SERVICE: &str = "bsky_notif";
const PLATFORMS: [&str; 3] = ["ios", "android", "web"];

pub fn router() -> Router<Arc<AtProto>> {
    Router::new()
        .route("/xrpc/app.bsky.notification.registerPush", post(hand_on))
        .route("/xrpc/app.bsky.notification.unregisterPush", post(hand_on))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    service_did: String,
    token: String,
    platform: String,
    app_id: String,
}

async fn hand_on(
    State(at): State<Arc<AtProto>>,
    access: Access,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> XrpcResult<Response> {
    let name = uri.path().rsplit('/').next().unwrap_or_default();
    let method = Nsid::parse(name).map_err(|_| XrpcError::invalid("this is no name of a method"))?;
    let body = proxy::read(body, &Method::POST).await?;
    let wanted: Wanted = serde_json::from_slice(&body)
        .map_err(|why| XrpcError::invalid(format!("the input does not fit: {why}")))?;
    if wanted.token.is_empty() || wanted.app_id.is_empty() || !PLATFORMS.contains(&wanted.platform.as_str()) {
        return Err(XrpcError::invalid("Unsupported platform, or no token or appId"));
    }
    let did = Did::parse(&wanted.service_did).map_err(|why| XrpcError::invalid(why.to_string()))?;
    let own = at.options.appview.as_ref().filter(|view| view.did == did);
    let target = at.service_at(&did, SERVICE, own).await?;
    access.used(&at, "asked another service");
    let answer = at.begin_to_ask(&access, &method, &target, &Method::POST, &uri, &headers, body).await?;
    Ok(proxy::handed_on(answer))
}
