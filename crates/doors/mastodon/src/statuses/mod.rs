//! `/api/v1/statuses`: posts. docs/methods/statuses

mod acts;
mod by;
mod context;
mod create;
mod delete;
mod edit;
mod get;
mod history;
mod react;
mod repost;
mod revoke;
mod source;

use crate::{Both, door::Door};
use axum::{
    Router,
    routing::{get, post, put},
};

use create::draft;
pub(crate) use create::{POLL_LONGEST, POLL_SHORTEST, new};

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .both("/api/v1/statuses", get(get::many).post(create::post))
        .both("/api/v1/statuses/{id}", get(get::one).put(edit::put).delete(delete::delete))
        .both("/api/v1/statuses/{id}/context", get(context::get))
        .both("/api/v1/statuses/{id}/source", get(source::get))
        .both("/api/v1/statuses/{id}/history", get(history::get))
        .both("/api/v1/statuses/{id}/reblogged_by", get(by::reblogged))
        .both("/api/v1/statuses/{id}/favourited_by", get(by::favourited))
        .both("/api/v1/statuses/{id}/reblog", post(repost::reblog))
        .both("/api/v1/statuses/{id}/unreblog", post(repost::unreblog))
        .both("/api/v1/statuses/{id}/favourite", post(acts::favourite))
        .both("/api/v1/statuses/{id}/unfavourite", post(acts::unfavourite))
        .both("/api/v1/statuses/{id}/bookmark", post(acts::bookmark))
        .both("/api/v1/statuses/{id}/unbookmark", post(acts::unbookmark))
        .both("/api/v1/statuses/{id}/pin", post(acts::pin))
        .both("/api/v1/statuses/{id}/unpin", post(acts::unpin))
        .both("/api/v1/pleroma/statuses/{id}/reactions/{emoji}", put(react::put).delete(react::delete))
        .both("/api/v1/statuses/{id}/quotes/{quoting}/revoke", post(revoke::post))
        .both("/api/v1/statuses/{id}/mute", post(acts::mute))
        .both("/api/v1/statuses/{id}/unmute", post(acts::unmute))
}
