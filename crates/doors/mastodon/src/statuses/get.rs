//! `GET /api/v1/statuses/:id`, and several at once (`?id[]=`): docs/methods/statuses#get

use crate::{
    at::At, auth::Auth, conversations::log, door::Door, error::ApiError, page::Answer, params::Params,
};
use axum::extract::State;
use http::Uri;
use landbridge_model::Id;

pub(super) async fn one(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let reader = auth.reader("read:statuses")?;
    let view = door.hub.view(id, reader).await?;
    log(&door, &auth, [&view]).await?;
    door.status(reader, &view).await
}

pub(super) async fn many(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let reader = auth.reader("read:statuses")?;
    let ids: Vec<Id> = Params::query(&uri).ids("id").into_iter().take(40).collect();
    let views = door.hub.views(&ids, reader).await?;
    log(&door, &auth, &views).await?;
    Ok(door.statuses(&uri, reader, &views).await?.without_link())
}
