//! `GET /api/v1/statuses/:id/source`: docs/methods/statuses#source

use crate::{at::At, auth::Auth, door::Door, error::ApiError, page::Answer};
use axum::extract::State;
use serde_json::json;

pub(super) async fn get(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("read:statuses")?;
    let post = door.hub.view(id, Some(me)).await?.post;
    if post.author != me {
        return Err(ApiError::not_found());
    }
    Ok(Answer::one(&json!({
        "id": id,
        "text": post.text.text,
        "spoiler_text": post.warning.unwrap_or_default(),
        "sensitive": post.sensitive,
    })))
}
