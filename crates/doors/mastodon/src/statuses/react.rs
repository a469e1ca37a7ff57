//! `PUT`, `DELETE /api/v1/pleroma/statuses/:id/reactions/:emoji`: emoji reactions, as Pleroma's extension has them.
//! Mastodon itself knows none; apps that look for them use these routes.

use crate::{auth::Auth, door::Door, error::ApiError, page::Answer};
use axum::extract::{Path, State};
use landbridge_model::Id;

type Named = Path<(String, String)>;

pub(super) async fn put(
    State(door): State<Door>,
    auth: Auth,
    Path((id, emoji)): Named,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:favourites")?;
    let post = target(&door, me, &id).await?;
    if emoji.is_empty() || emoji.is_ascii() {
        return Err(ApiError::invalid("an emoji is expected"));
    }
    door.hub.react(me, post, &emoji, None, None).await?;
    door.status(Some(me), &door.hub.view(post, Some(me)).await?).await
}

pub(super) async fn delete(
    State(door): State<Door>,
    auth: Auth,
    Path((id, emoji)): Named,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:favourites")?;
    let post = target(&door, me, &id).await?;
    if !emoji.is_empty() {
        door.hub.unreact(me, post, &emoji, None).await?;
    }
    door.status(Some(me), &door.hub.view(post, Some(me)).await?).await
}

async fn target(door: &Door, me: Id, id: &str) -> Result<Id, ApiError> {
    super::acts::target(door, me, id.parse().map_err(|_| ApiError::not_found())?).await
}
