//! `GET /api/v1/accounts/:id/{lists,featured_tags,identity_proofs,endorsements}`: there are none here.

use crate::{at::At, auth::Auth, door::Door, error::ApiError, page::Answer};
use axum::extract::State;

pub(super) async fn of_account(State(door): State<Door>, _: Auth, At(id): At) -> Result<Answer, ApiError> {
    door.hub.actor(id).await?;
    Ok(Answer::empty())
}
