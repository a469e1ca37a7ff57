//! `/api/v1/follow_requests`: docs/methods/follow_requests. The id is that of the account that asks.

use crate::{
    at::At,
    auth::Auth,
    door::Door,
    entities::Relationship,
    error::ApiError,
    page::{Answer, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;

pub(super) async fn get(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:follows")?;
    door.accounts(&uri, &door.hub.follow_requests(me, page(&Params::query(&uri), 40)).await?).await
}

pub(super) async fn authorize(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:follows")?;
    Ok(Answer::one(&Relationship::from(door.hub.accept_follow(me, id).await?)))
}

pub(super) async fn reject(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:follows")?;
    Ok(Answer::one(&Relationship::from(door.hub.reject_follow(me, id).await?)))
}
