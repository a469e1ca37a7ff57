//! `GET /api/landbridge/v1/statuses/:id/deliveries`: where a post of the member went.
//!
//! Answers `{"copies": [...], "deliveries": [...]}`; also for a post that is deleted, as long as the record is kept.

use crate::{at::At, auth::Auth, door::Door, error::ApiError, page::Answer};
use axum::extract::State;
use landbridge_hub::{CopyKind, CopyState};
use serde_json::json;

pub(super) async fn get(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("read:statuses")?;
    let deliveries = door.hub.deliveries(me, id).await?;
    let mut copies = door.hub.copies(CopyKind::Post, id).await?;
    copies.retain(|c| c.actor == me);
    if deliveries.is_empty() && copies.is_empty() && door.hub.view(id, Some(me)).await?.post.author != me {
        return Err(ApiError::not_found());
    }
    let copies: Vec<_> = copies
        .iter()
        .map(|c| {
            let state = match c.state {
                CopyState::Live => "live",
                CopyState::Unsigned => "unsigned",
                CopyState::Deleted => "deleted",
            };
            json!({ "network": c.network.key(), "native_id": c.native_id, "url": c.url, "state": state })
        })
        .collect();
    let deliveries: Vec<_> = deliveries
        .iter()
        .map(|d| {
            json!({
                "id": d.id,
                "network": d.network.key(),
                "destination": d.destination,
                "host": d.host,
                "act": d.act,
                "state": d.state,
                "attempts": d.attempts,
                "next_at": (d.state == "waiting").then(|| d.next_at.rfc3339()),
                "answer": d.answer,
                "created_at": d.created_at.rfc3339(),
                "finished_at": d.finished_at.map(|t| t.rfc3339()),
            })
        })
        .collect();
    Ok(Answer::one(&json!({ "copies": copies, "deliveries": deliveries })))
}
