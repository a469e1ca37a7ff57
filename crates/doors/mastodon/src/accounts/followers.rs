//! `GET /api/v1/accounts/:id/{followers,following}`: docs/methods/accounts#followers

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
use landbridge_model::Id;

pub(super) async fn followers(
    State(door): State<Door>,
    auth: Auth,
    uri: Uri,
    At(id): At,
) -> Result<Answer, ApiError> {
    if hidden(&door, &auth, id).await? {
        return Ok(Answer::empty());
    }
    door.accounts(&uri, &door.hub.followers(id, page(&Params::query(&uri), 40)).await?).await
}

pub(super) async fn following(
    State(door): State<Door>,
    auth: Auth,
    uri: Uri,
    At(id): At,
) -> Result<Answer, ApiError> {
    if hidden(&door, &auth, id).await? {
        return Ok(Answer::empty());
    }
    door.accounts(&uri, &door.hub.following(id, page(&Params::query(&uri), 40)).await?).await
}

/// Whoever hides whom they know hides it from everybody else.
async fn hidden(door: &Door, auth: &Auth, id: Id) -> Result<bool, ApiError> {
    let reader = auth.reader("read:accounts")?;
    Ok(door.hub.actor(id).await?.profile.hide_collections && reader != Some(id))
}
