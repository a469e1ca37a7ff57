//! `GET /.well-known/oauth-authorization-server`: docs/methods/oauth#discover, RFC 8414
//!
//! The AT Protocol needs the same path with other rules: its client surface has a host of its own.

use super::scopes;
use crate::{door::Door, page::Answer};
use axum::extract::State;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>) -> Answer {
    let config = door.hub.config();
    Answer::one(&json!({
        "issuer": config.url("/"),
        "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": config.url("/oauth/authorize"),
        "token_endpoint": config.url("/oauth/token"),
        "app_registration_endpoint": config.url("/api/v1/apps"),
        "revocation_endpoint": config.url("/oauth/revoke"),
        "userinfo_endpoint": config.url("/oauth/userinfo"),
        "scopes_supported": scopes::all(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }))
}
