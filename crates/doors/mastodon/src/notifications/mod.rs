//! `/api/v1/notifications` and `/api/v1/markers`. docs/methods/notifications

mod dismiss;
mod list;
mod markers;

use crate::{Both, door::Door, packed};
use axum::{
    Router,
    middleware::from_fn,
    routing::{get, post},
};

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .both("/api/v1/notifications", get(list::get))
        .both("/api/v1/notifications/unread_count", get(list::unread_count))
        .both("/api/v1/notifications/clear", post(dismiss::clear))
        .both("/api/v1/notifications/dismiss", post(dismiss::named))
        .both("/api/v1/notifications/{id}", get(list::one))
        .both("/api/v1/notifications/{id}/dismiss", post(dismiss::one))
        .both("/api/v1/markers", get(markers::get).post(markers::post))
        .layer(from_fn(packed::layer))
}
