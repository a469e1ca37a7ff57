//! `GET /api/v1/instance/extended_description`: docs/methods/instance#extended_description

use crate::{door::Door, page::Answer};
use axum::extract::State;
use landbridge_model::{Time, richtext};
use serde_json::json;

pub(super) async fn extended_description(State(door): State<Door>) -> Answer {
    let config = door.hub.config();
    let text = richtext::compose(&config.description);
    let html = richtext::to_html(&text, &config.url("/tags/"));
    Answer::one(&json!({ "updated_at": Time(0).rfc3339(), "content": html }))
}
