//! `POST /api/v2/media`, `POST /api/v1/media`: docs/methods/media#v2
//!
//! A file is processed before the answer, so that it is always ready: 200, never 202.

use super::focus;
use crate::{
    auth::Auth,
    door::Door,
    entities::{MediaAttachment, Show},
    error::ApiError,
    page::Answer,
    params::Params,
};
use axum::extract::State;

pub(super) async fn post(State(door): State<Door>, auth: Auth, params: Params) -> Result<Answer, ApiError> {
    let me = auth.member("write:media")?;
    let file = params.file("file").ok_or_else(|| ApiError::invalid("file can't be blank"))?;
    let mut media =
        door.hub.upload(me, file.bytes.clone(), params.text("description").unwrap_or_default()).await?;
    if let Some(focus) = focus(&params) {
        media = door.hub.describe_upload(me, media.id, None, Some(focus)).await?;
    }
    let show = Show::people(&door, Some(me), []).await?;
    Ok(Answer::one(&MediaAttachment::new(&show, &media)))
}
