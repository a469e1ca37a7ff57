//! `POST /api/v1/statuses/:id/quotes/:quoting_status_id/revoke`: docs/methods/statuses#revoke_quote

use crate::{auth::Auth, door::Door, error::ApiError, page::Answer};
use axum::extract::{Path, State};
use landbridge_model::Id;

pub(super) async fn post(
    State(door): State<Door>,
    auth: Auth,
    Path((quoted, quoting)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:statuses")?;
    let id = |text: String| text.parse::<Id>().map_err(|_| ApiError::not_found());
    let post = door.hub.revoke_quote(me, id(quoted)?, id(quoting)?).await?;
    door.status(Some(me), &door.hub.view(post.id, Some(me)).await?).await
}
