//! `PUT /api/v1/statuses/:id`: docs/methods/statuses#edit

use super::draft;
use crate::{at::At, auth::Auth, door::Door, error::ApiError, media::focus, page::Answer, params::Params};
use axum::extract::State;
use landbridge_hub::Draft;

/// Text and warning stay when they are not given; files and poll go, as the reference server has it.
pub(super) async fn put(
    State(door): State<Door>,
    auth: Auth,
    At(id): At,
    params: Params,
) -> Result<Answer, ApiError> {
    let me = auth.member("write:statuses")?;
    let before = door.hub.view(id, Some(me)).await?.post;
    if before.author != me {
        return Err(ApiError::not_found());
    }
    let mut draft = Draft { reply_to: None, quote: None, visibility: None, ..draft(me, &params)? };
    if !params.has("status") {
        draft.rich = Some(before.text.clone());
    }
    if !params.has("spoiler_text") {
        draft.warning = before.warning.clone();
    }
    if !params.has("sensitive") {
        draft.sensitive = before.sensitive;
    }
    for described in params.list("media_attributes") {
        if let Some(file) = described.id("id").filter(|id| draft.media.contains(id)) {
            door.hub.describe_upload(me, file, described.text("description"), focus(described)).await?;
        }
    }
    door.hub.edit(me, id, draft, None).await?;
    door.status(Some(me), &door.hub.view(id, Some(me)).await?).await
}
