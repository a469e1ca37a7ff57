//! `DELETE /api/v1/statuses/:id`: docs/methods/statuses#delete

use crate::{
    at::At,
    auth::Auth,
    door::Door,
    entities::{Show, Status},
    error::ApiError,
    page::Answer,
    params::Params,
};
use axum::extract::State;

/// Gives the post as it was, with its text as typed, for writing it anew: its files can be attached again within a day,
/// unless `delete_media` is asked for.
pub(super) async fn delete(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:statuses")?;
    let view = door.hub.view(id, Some(me)).await?;
    if view.post.author != me {
        return Err(ApiError::not_found());
    }
    match view.post.repost_of {
        Some(target) => door.hub.unrepost(me, target, None).await?,
        None if params.is("delete_media") => drop(door.hub.delete_post(me, id, None).await?),
        None => drop(door.hub.withdraw_post(me, id).await?),
    }
    let show = Show::posts(&door, Some(me), [&view]).await?;
    Ok(Answer::one(&Status::new(&show, &view).with_text(&view.post.text.text)))
}
