//! `GET /api/v1/bookmarks`, `GET /api/v1/favourites`: docs/methods/bookmarks, docs/methods/favourites

use crate::{
    auth::Auth,
    door::Door,
    error::ApiError,
    page::{Answer, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;

pub(super) async fn bookmarks(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:bookmarks")?;
    door.keyed_statuses(&uri, Some(me), door.hub.bookmarks(me, page(&Params::query(&uri), 20)).await?).await
}

pub(super) async fn favourites(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:favourites")?;
    door.keyed_statuses(&uri, Some(me), door.hub.liked(me, page(&Params::query(&uri), 20)).await?).await
}
