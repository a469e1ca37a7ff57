//! `POST /api/v1/notifications/clear`, `/:id/dismiss`: docs/methods/notifications#clear

use crate::{at::At, auth::Auth, door::Door, error::ApiError, page::Answer, params::Params};
use axum::extract::State;
use serde_json::json;

pub(super) async fn clear(State(door): State<Door>, auth: Auth) -> Result<Answer, ApiError> {
    door.hub.dismiss(auth.member("write:notifications")?, None).await?;
    Ok(Answer::one(&json!({})))
}

pub(super) async fn one(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    door.hub.dismiss(auth.member("write:notifications")?, Some(id)).await?;
    Ok(Answer::one(&json!({})))
}

/// With `id` as a parameter: the form before version 1.3.
pub(super) async fn named(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let id = params.id("id").ok_or_else(ApiError::not_found)?;
    door.hub.dismiss(auth.member("write:notifications")?, Some(id)).await?;
    Ok(Answer::one(&json!({})))
}
