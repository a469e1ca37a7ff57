//! What is asked of the PDS beside XRPC: `/xrpc/_health`, `/.well-known/atproto-did`, `/.well-known/did.json`,
//! `/robots.txt`, `/`.

use crate::{identity::did_web_of, network::AtProto, syntax::Handle};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header, uri::Authority},
    response::{IntoResponse, Response},
    routing::get,
};
use landbridge_hub::HubError;
use serde_json::{Value, json};
use std::sync::Arc;

pub fn router() -> Router<Arc<AtProto>> {
    Router::new()
        .route("/", get(welcome))
        .route("/robots.txt", get(|| async { "# Reading is free.\nUser-agent: *\nAllow: /\n" }))
        .route("/xrpc/_health", get(health))
        .route("/.well-known/atproto-did", get(atproto_did))
        .route("/.well-known/did.json", get(did_document))
}

async fn welcome(State(at): State<Arc<AtProto>>) -> String {
    format!(
        "This is the AT Protocol server (PDS) of {}.\n\nMembers sign in here with their apps: enter {} as the hosting \
         provider.\nPages for people are at {}\n",
        at.hub.config().title,
        at.options.pds_origin(),
        at.hub.config().origin
    )
}

async fn health() -> Json<Value> {
    Json(json!({ "version": format!("landbridge {}", env!("CARGO_PKG_VERSION")) }))
}

/// The DID of the handle that the request was made for: `Host` names it. A name that is no member's is not found; nothing
/// is built from it.
async fn atproto_did(State(at): State<Arc<AtProto>>, uri: Uri, headers: HeaderMap) -> Response {
    match asked_host(&uri, &headers) {
        Some(handle) => match at.member_with_handle(&handle).await {
            Ok(Some(presence)) => presence.native_id.into_response(),
            Ok(None) => (StatusCode::NOT_FOUND, "User not found").into_response(),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
        None => (StatusCode::NOT_FOUND, "User not found").into_response(),
    }
}

/// The name that the request was made for.
fn asked_host(uri: &Uri, headers: &HeaderMap) -> Option<Handle> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // Over HTTP/2 it is part of the address.
    let host = host.or_else(|| uri.authority().map(Authority::as_str)).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
    Handle::parse(host.trim_end_matches('.')).ok()
}

/// The document of the `did:web` of the host that the request was made for: of a member's, or of the server itself.
async fn did_document(State(at): State<Arc<AtProto>>, uri: Uri, headers: HeaderMap) -> Response {
    let pds = at.options.pds.host_str().unwrap_or_default();
    match asked_host(&uri, &headers) {
        Some(host) if at.is_own_handle(&host) && host != *pds => {
            let found = async {
                let Some(did) = did_web_of(&host) else { return Ok(None) };
                let Some(presence) = at.member_of_host(&did).await? else { return Ok(None) };
                at.member_document(&presence).await.map(Some)
            };
            match found.await {
                Ok(Some(document)) => Json(document.to_json()).into_response(),
                Ok(None) => (StatusCode::NOT_FOUND, "User not found").into_response(),
                Err::<_, HubError>(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            }
        }
        _ => Json(own_document(&at)).into_response(),
    }
}

fn own_document(at: &AtProto) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": at.options.server_did(),
        "service": [{
            "id": "#atproto_pds",
            "type": "AtprotoPersonalDataServer",
            "serviceEndpoint": at.options.pds_origin(),
        }],
    })
}
