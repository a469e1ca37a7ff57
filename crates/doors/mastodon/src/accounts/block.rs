//! `POST /api/v1/accounts/:id/{block,unblock,mute,unmute}`: docs/methods/accounts#block

use crate::{
    at::At, auth::Auth, door::Door, entities::Relationship, error::ApiError, page::Answer, params::Params,
};
use axum::extract::State;
use std::time::Duration;

pub(super) async fn block(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:blocks")?;
    Ok(Answer::one(&Relationship::from(door.hub.block(me, id).await?)))
}

pub(super) async fn unblock(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:blocks")?;
    Ok(Answer::one(&Relationship::from(door.hub.unblock(me, id).await?)))
}

pub(super) async fn mute(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:mutes")?;
    let notifications = params.flag("notifications").unwrap_or(true);
    // 0: for ever.
    let duration = params.number::<u64>("duration").filter(|n| *n > 0).map(Duration::from_secs);
    Ok(Answer::one(&Relationship::from(door.hub.mute(me, id, notifications, duration).await?)))
}

pub(super) async fn unmute(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:mutes")?;
    Ok(Answer::one(&Relationship::from(door.hub.unmute(me, id).await?)))
}
