//! `POST /api/v1/statuses/:id/{reblog,unreblog}`: docs/methods/statuses#boost

use super::acts::target;
use crate::{
    at::At, auth::Auth, door::Door, entities::visibility_of, error::ApiError, page::Answer, params::Params,
};
use axum::extract::State;

/// Gives the repost, with what it reposts inside.
pub(super) async fn reblog(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:statuses")?;
    let visibility = match params.filled("visibility") {
        None => None,
        Some(word) => Some(
            visibility_of(word).ok_or_else(|| ApiError::invalid("visibility is not included in the list"))?,
        ),
    };
    let repost = door.hub.repost(me, target(&door, me, id).await?, visibility, None).await?;
    door.status(Some(me), &door.hub.view(repost.id, Some(me)).await?).await
}

/// Gives what was reposted.
pub(super) async fn unreblog(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:statuses")?;
    let id = target(&door, me, id).await?;
    door.hub.unrepost(me, id, None).await?;
    door.status(Some(me), &door.hub.view(id, Some(me)).await?).await
}
