//! `GET /api/v1/statuses/:id/history`: docs/methods/statuses#history

use crate::{
    at::At,
    auth::Auth,
    door::Door,
    entities::{Show, StatusEdit},
    error::ApiError,
    page::Answer,
};
use axum::extract::State;

pub(super) async fn get(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let reader = auth.reader("read:statuses")?;
    let view = door.hub.view(id, reader).await?;
    let versions = door.hub.history(id, reader).await?;
    let show = Show::posts(&door, reader, [&view]).await?;
    let edits: Vec<_> =
        versions.iter().map(|(at, version)| StatusEdit::new(&show, &view, *at, version)).collect();
    Ok(Answer::one(&edits))
}
