//! The routes: `/relay` (NIP-01, NIP-11) and `/.well-known/nostr.json` (NIP-05, and NIP-46's discovery).

use crate::{facts::Facts, network::Nostr, relay::ws};
use axum::{
    Router,
    extract::{
        Query, State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use landbridge_hub::HubError;
use landbridge_model::{Network, PresenceState};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub fn router(nostr: Arc<Nostr>) -> Router {
    Router::new()
        .route("/relay", get(relay).options(ws::preflight))
        .route("/.well-known/nostr.json", get(names))
        .merge(crate::settings::router())
        .with_state(nostr)
}

async fn relay(
    State(nostr): State<Arc<Nostr>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match nostr.relay().await {
        Ok(relay) => ws::open(State(relay.clone()), headers, upgrade).await,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    name: String,
}

/// `GET /.well-known/nostr.json?name=x`. Unknown names are an empty answer, not an error. `_` is this server itself,
/// as a signer.
async fn names(State(nostr): State<Arc<Nostr>>, Query(Asked { name }): Query<Asked>) -> Response {
    let document = match name.as_str() {
        "_" => signer(&nostr).await,
        name => member(&nostr, name).await,
    };
    match document {
        Ok(document) => {
            let headers = [
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
                (header::CONTENT_TYPE, "application/json"),
                (header::CACHE_CONTROL, "max-age=60"),
            ];
            (headers, document.to_string()).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn member(nostr: &Nostr, name: &str) -> Result<Value, HubError> {
    let nobody = json!({ "names": {} });
    let member = match nostr.hub.member_named(name).await {
        Ok(member) => member,
        Err(HubError::NotFound | HubError::Invalid(_)) => return Ok(nobody),
        Err(other) => return Err(other),
    };
    let presence = nostr.hub.presence(member.actor.id, Network::Nostr).await?;
    let Some(presence) = presence.filter(|p| p.state == PresenceState::Active) else { return Ok(nobody) };
    let facts = Facts::of(&presence);
    let relays =
        if facts.relays.write.is_empty() { vec![nostr.relay_url().to_owned()] } else { facts.relays.write };
    let key = presence.native_id;
    Ok(json!({ "names": single(name, json!(key)), "relays": single(&key, json!(relays)) }))
}

async fn signer(nostr: &Nostr) -> Result<Value, HubError> {
    let key = nostr.server_keys().await?.public().to_string();
    let relays = json!([nostr.relay_url()]);
    Ok(json!({
        "names": { "_": key },
        "relays": single(&key, relays.clone()),
        "nip46": { "relays": relays, "nostrconnect_url": nostr.hub.config().url("/settings/nostr/connect?uri=<nostrconnect>") },
    }))
}

fn single(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}
