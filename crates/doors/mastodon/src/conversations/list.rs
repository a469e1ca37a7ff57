//! `GET /api/v1/conversations`: docs/methods/conversations#get. Paged by the ids of last statuses, as the reference server
//! does it.

use super::log_one;
use crate::{
    auth::Auth,
    door::Door,
    entities::{Conversation, show_conversations},
    error::ApiError,
    page::{Answer, ends, page},
    params::Params,
};
use axum::extract::State;
use http::Uri;

pub(super) async fn get(State(door): State<Door>, auth: Auth, uri: Uri) -> Result<Answer, ApiError> {
    let me = auth.member("read:statuses")?;
    let found = door.hub.conversations(me, page(&Params::query(&uri), 20)).await?;
    found.iter().for_each(|conversation| log_one(&door, &auth, conversation.id));
    let show = show_conversations(&door, me, &found).await?;
    let items: Vec<_> = found.iter().map(|conversation| Conversation::new(&show, conversation)).collect();
    Ok(Answer::list(door.hub.config(), &uri, &items, ends(&found, |conversation| conversation.last_post)))
}
