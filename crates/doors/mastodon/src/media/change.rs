//! `GET|PUT|DELETE /api/v1/media/:id`: docs/methods/media#get

use super::focus;
use crate::{
    at::At,
    auth::Auth,
    door::Door,
    entities::{MediaAttachment, Show},
    error::ApiError,
    page::Answer,
    params::Params,
};
use axum::extract::State;
use landbridge_model::{Id, Media};
use serde_json::json;

pub(super) async fn get(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:media")?;
    show(&door, me, &door.hub.uploaded(me, id).await?).await
}

pub(super) async fn put(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:media")?;
    show(&door, me, &door.hub.describe_upload(me, id, params.text("description"), focus(&params)).await?)
        .await
}

/// Only a file that hangs on no post.
pub(super) async fn delete(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:media")?;
    door.hub.drop_upload(me, id).await?;
    Ok(Answer::one(&json!({})))
}

async fn show(door: &Door, me: Id, media: &Media) -> Result<Answer, ApiError> {
    let show = Show::people(door, Some(me), []).await?;
    Ok(Answer::one(&MediaAttachment::new(&show, media)))
}
