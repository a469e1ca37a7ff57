//! `POST /api/v1/accounts`: docs/methods/accounts#create

use crate::{door::Door, error::ApiError, page::Answer};
use axum::extract::State;
use http::StatusCode;

/// A new member has to choose networks, in words that an app does not have: that is done in the browser.
pub(super) async fn create(State(door): State<Door>) -> Result<Answer, ApiError> {
    let place = door.hub.config().url("/signup");
    Err(ApiError::new(StatusCode::FORBIDDEN, format!("Please sign up in your browser: {place}")))
}
