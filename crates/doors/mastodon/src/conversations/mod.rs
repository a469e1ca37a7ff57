//! `/api/v1/conversations`: private messages. docs/methods/conversations

mod change;
mod list;
mod log;

use crate::{Both, door::Door};
use axum::{
    Router,
    routing::{delete, get, post},
};

pub(crate) use log::{log, log_one};

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .both("/api/v1/conversations", get(list::get))
        .both("/api/v1/conversations/{id}", delete(change::delete))
        .both("/api/v1/conversations/{id}/read", post(change::read))
}
