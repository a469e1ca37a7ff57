//! `POST /api/v1/accounts/:id/note`: docs/methods/accounts#note

use crate::{
    at::At, auth::Auth, door::Door, entities::Relationship, error::ApiError, page::Answer, params::Params,
};
use axum::extract::State;

pub(super) async fn set(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:accounts")?;
    let note = params.text("comment").unwrap_or_default();
    Ok(Answer::one(&Relationship::from(door.hub.set_note(me, id, note).await?)))
}
