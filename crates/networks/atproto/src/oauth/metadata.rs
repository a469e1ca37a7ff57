//! `/.well-known/oauth-protected-resource` (RFC 9728), `/.well-known/oauth-authorization-server` (RFC 8414), `/oauth/jwks`

use crate::network::AtProto;
use axum::{Json, extract::State};
use landbridge_hub::Registrations;
use serde_json::{Value, json};
use std::sync::Arc;

pub async fn resource(State(at): State<Arc<AtProto>>) -> Json<Value> {
    let origin = at.options.pds_origin();
    Json(json!({
        "resource": origin,
        "authorization_servers": [origin],
        "scopes_supported": [],
        "bearer_methods_supported": ["header"],
        "resource_documentation": "https://atproto.com",
    }))
}

pub async fn server(State(at): State<Arc<AtProto>>) -> Json<Value> {
    let origin = at.options.pds_origin();
    let mut prompts = vec!["none", "login", "consent", "select_account"];
    if at.hub.config().registrations == Registrations::Open {
        prompts.push("create");
    }
    Json(json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/oauth/authorize"),
        "token_endpoint": format!("{origin}/oauth/token"),
        "pushed_authorization_request_endpoint": format!("{origin}/oauth/par"),
        "require_pushed_authorization_requests": true,
        "revocation_endpoint": format!("{origin}/oauth/revoke"),
        "jwks_uri": format!("{origin}/oauth/jwks"),
        "scopes_supported": ["atproto", "transition:generic", "transition:chat.bsky", "transition:email"],
        "subject_types_supported": ["public"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "prompt_values_supported": prompts,
        "ui_locales_supported": ["en"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "client_id_metadata_document_supported": true,
        "protected_resources": [origin],
    }))
}

/// Our tokens are for ourselves alone: nobody else has to check them.
pub async fn keys() -> Json<Value> {
    Json(json!({ "keys": [] }))
}
