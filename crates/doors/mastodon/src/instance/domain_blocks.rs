//! `GET /api/v1/instance/domain_blocks`: docs/methods/instance#domain_blocks
//!
//! Without comments: the note of a rule is for those who run this server.

use crate::{door::Door, error::ApiError, page::Answer};
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::State;
use landbridge_hub::moderation::Rule;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>) -> Result<Answer, ApiError> {
    let mut shown = Vec::new();
    for rule in door.hub.rules_in_force().await? {
        let severity = match rule.rule {
            Rule::Block => "suspend",
            Rule::Limit => "silence",
            Rule::Allow => continue,
        };
        let hash = hex::encode(digest(&SHA256, rule.domain.as_bytes()));
        shown.push(json!({ "domain": rule.domain, "digest": hash, "severity": severity, "comment": "" }));
    }
    Ok(Answer::one(&shown))
}
