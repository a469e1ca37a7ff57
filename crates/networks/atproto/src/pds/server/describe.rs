//! `com.atproto.server.describeServer`

use crate::network::AtProto;
use axum::{Json, extract::State};
use landbridge_hub::Registrations;
use serde_json::{Value, json};
use std::sync::Arc;

pub async fn describe(State(at): State<Arc<AtProto>>) -> Json<Value> {
    let config = at.hub.config();
    let mut contact = json!({});
    if config.contact.contains('@') {
        contact = json!({ "email": config.contact });
    }
    Json(json!({
        "did": at.options.server_did(),
        "availableUserDomains": [format!(".{}", at.options.handle_domain)],
        "inviteCodeRequired": config.registrations != Registrations::Open,
        "phoneVerificationRequired": false,
        "blobUploadLimit": config.limits.video_size,
        "links": { "privacyPolicy": config.url("/about"), "termsOfService": config.url("/about") },
        "contact": contact,
    }))
}
