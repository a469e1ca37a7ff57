//! `/api/v1/notifications` and `/api/v1/markers`. docs/methods/notifications

mod dismiss;
mod list;
mod markers;

use crate::door::Door;
use axum::{
    Router,
    routing::{get, post},
};

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .route("/api/v1/notifications", get(list::get))
        .route("/api/v1/notifications/unread_count", get(list::unread_count))
        .route("/api/v1/notifications/clear", post(dismiss::clear))
        .route("/api/v1/notifications/dismiss", post(dismiss::named))
        .route("/api/v1/notifications/{id}", get(list::one))
        .route("/api/v1/notifications/{id}/dismiss", post(dismiss::one))
        .route("/api/v1/markers", get(markers::get).post(markers::post))
}
