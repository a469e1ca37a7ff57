//! `/api/v1/notifications` and `/api/v1/markers`. docs/methods/notifications

mod dismiss;
mod list;
mod markers;
mod policy;
mod requests;

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
        .both("/api/v1/notifications/policy", get(policy::v1).patch(policy::set_v1).put(policy::set_v1))
        .both("/api/v2/notifications/policy", get(policy::v2).patch(policy::set_v2).put(policy::set_v2))
        .both("/api/v1/notifications/requests", get(requests::list))
        .both("/api/v1/notifications/requests/accept", post(requests::accept_all))
        .both("/api/v1/notifications/requests/dismiss", post(requests::dismiss_all))
        .both("/api/v1/notifications/requests/merged", get(requests::merged))
        .both("/api/v1/notifications/requests/{id}", get(requests::one))
        .both("/api/v1/notifications/requests/{id}/accept", post(requests::accept))
        .both("/api/v1/notifications/requests/{id}/dismiss", post(requests::dismiss))
        .both("/api/v1/notifications/{id}", get(list::one))
        .both("/api/v1/notifications/{id}/dismiss", post(dismiss::one))
        .both("/api/v1/markers", get(markers::get).post(markers::post))
        .layer(from_fn(packed::layer))
}
