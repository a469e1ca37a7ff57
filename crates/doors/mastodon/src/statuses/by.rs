//! `GET /api/v1/statuses/:id/{reblogged_by,favourited_by}`: docs/methods/statuses#reblogged_by

use crate::{
    at::At,
    auth::Auth,
    door::Door,
    error::ApiError,
    page::{Answer, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;

pub(super) async fn reblogged(
    State(door): State<Door>,
    auth: Auth,
    uri: Uri,
    At(id): At,
) -> Result<Answer, ApiError> {
    let reader = auth.reader("read:statuses")?;
    door.accounts(&uri, &door.hub.reposted_by(id, reader, page(&Params::query(&uri), 40)).await?).await
}

pub(super) async fn favourited(
    State(door): State<Door>,
    auth: Auth,
    uri: Uri,
    At(id): At,
) -> Result<Answer, ApiError> {
    let reader = auth.reader("read:statuses")?;
    door.accounts(&uri, &door.hub.liked_by(id, reader, page(&Params::query(&uri), 40)).await?).await
}
