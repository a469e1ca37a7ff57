//! `GET /api/v1/blocks`, `GET /api/v1/mutes`: docs/methods/blocks, docs/methods/mutes

use crate::{
    auth::Auth,
    door::Door,
    error::ApiError,
    page::{Answer, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;

pub(super) async fn blocks(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:blocks")?;
    door.accounts(&uri, &door.hub.blocks(me, page(&Params::query(&uri), 40)).await?).await
}

pub(super) async fn mutes(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:mutes")?;
    door.accounts(&uri, &door.hub.mutes(me, page(&Params::query(&uri), 40)).await?).await
}
