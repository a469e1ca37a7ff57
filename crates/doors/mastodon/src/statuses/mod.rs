//! `/api/v1/statuses`: posts. docs/methods/statuses

mod acts;
mod by;
mod context;
mod create;
mod delete;
mod edit;
mod get;
mod history;
mod repost;
mod source;

use crate::door::Door;
use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use create::{POLL_LONGEST, POLL_SHORTEST, draft};

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .route("/api/v1/statuses", get(get::many).post(create::post))
        .route("/api/v1/statuses/{id}", get(get::one).put(edit::put).delete(delete::delete))
        .route("/api/v1/statuses/{id}/context", get(context::get))
        .route("/api/v1/statuses/{id}/source", get(source::get))
        .route("/api/v1/statuses/{id}/history", get(history::get))
        .route("/api/v1/statuses/{id}/reblogged_by", get(by::reblogged))
        .route("/api/v1/statuses/{id}/favourited_by", get(by::favourited))
        .route("/api/v1/statuses/{id}/reblog", post(repost::reblog))
        .route("/api/v1/statuses/{id}/unreblog", post(repost::unreblog))
        .route("/api/v1/statuses/{id}/favourite", post(acts::favourite))
        .route("/api/v1/statuses/{id}/unfavourite", post(acts::unfavourite))
        .route("/api/v1/statuses/{id}/bookmark", post(acts::bookmark))
        .route("/api/v1/statuses/{id}/unbookmark", post(acts::unbookmark))
        .route("/api/v1/statuses/{id}/pin", post(acts::pin))
        .route("/api/v1/statuses/{id}/unpin", post(acts::unpin))
        .route("/api/v1/statuses/{id}/mute", post(acts::mute))
        .route("/api/v1/statuses/{id}/unmute", post(acts::unmute))
}
