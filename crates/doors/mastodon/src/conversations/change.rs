//! `POST /api/v1/conversations/:id/read`, `DELETE /api/v1/conversations/:id`: docs/methods/conversations#read, #delete.
//! Deleting is for the member alone: nobody else is asked to.

use super::log_one;
use crate::{
    at::At,
    auth::Auth,
    door::Door,
    entities::{Conversation, show_conversations},
    error::ApiError,
    page::Answer,
};
use axum::extract::State;
use serde_json::json;

pub(super) async fn read(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:conversations")?;
    door.hub.read_conversation(me, id).await?;
    let found = [door.hub.conversation(me, id).await?];
    log_one(&door, &auth, id);
    let show = show_conversations(&door, me, &found).await?;
    let [conversation] = &found;
    Ok(Answer::one(&Conversation::new(&show, conversation)))
}

pub(super) async fn delete(State(door): State<Door>, auth: Auth, At(id): At) -> Result<Answer, ApiError> {
    let me = auth.member("write:conversations")?;
    door.hub.delete_conversation(me, id).await?;
    Ok(Answer::one(&json!({})))
}
