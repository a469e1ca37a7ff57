//! `GET /api/v1/instance/peers`: docs/methods/instance#peers

use crate::{door::Door, error::ApiError, page::Answer};
use axum::extract::State;

pub(super) async fn get(State(door): State<Door>) -> Result<Answer, ApiError> {
    Ok(Answer::one(&door.hub.peers().await?))
}
