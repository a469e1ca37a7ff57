//! `POST /api/v1/statuses/:id/{favourite,bookmark,pin,mute}` and their opposites: docs/methods/statuses#favourite

use crate::{at::At, auth::Auth, door::Door, error::ApiError, page::Answer};
use axum::extract::State;
use landbridge_model::Id;

pub(super) async fn favourite(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:favourites")?;
    let id = target(&door, me, id).await?;
    door.hub.react(me, id, "", None, None).await?;
    after(&door, me, id).await
}

pub(super) async fn unfavourite(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:favourites")?;
    let id = target(&door, me, id).await?;
    door.hub.unreact(me, id, "", None).await?;
    after(&door, me, id).await
}

pub(super) async fn bookmark(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:bookmarks")?;
    let id = target(&door, me, id).await?;
    door.hub.bookmark(me, id, true).await?;
    after(&door, me, id).await
}

pub(super) async fn unbookmark(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:bookmarks")?;
    let id = target(&door, me, id).await?;
    door.hub.bookmark(me, id, false).await?;
    after(&door, me, id).await
}

pub(super) async fn pin(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:accounts")?;
    door.hub.pin(me, id, true, None).await?;
    after(&door, me, id).await
}

pub(super) async fn unpin(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:accounts")?;
    door.hub.pin(me, id, false, None).await?;
    after(&door, me, id).await
}

pub(super) async fn mute(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:mutes")?;
    door.hub.view(id, Some(me)).await?;
    door.hub.mute_thread(me, id, true).await?;
    after(&door, me, id).await
}

pub(super) async fn unmute(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:mutes")?;
    door.hub.view(id, Some(me)).await?;
    door.hub.mute_thread(me, id, false).await?;
    after(&door, me, id).await
}

/// The post that is meant: apps name a repost and mean what it reposts. Not found when the member may not see it.
pub(super) async fn target(door: &Door, me: Id, id: Id) -> Result<Id, ApiError> {
    let post = door.hub.view(id, Some(me)).await?.post;
    Ok(post.repost_of.unwrap_or(post.id))
}

async fn after(door: &Door, me: Id, id: Id) -> Result<Answer, ApiError> {
    door.status(Some(me), &door.hub.view(id, Some(me)).await?).await
}
