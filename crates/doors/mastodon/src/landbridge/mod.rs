//! `/api/landbridge/v1`: what is ours alone. Each file describes its part.

mod contacts;
mod conversations;
mod decisions;
mod deliveries;
mod grants;
mod preview;

use crate::{Both, door::Door};
use axum::{
    Router,
    routing::{get, post},
};

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .both("/api/landbridge/v1/contacts", get(contacts::list))
        .both("/api/landbridge/v1/contacts/log", get(contacts::log))
        .both("/api/landbridge/v1/contacts/log/{id}/undo", post(contacts::undo_line))
        .both("/api/landbridge/v1/contacts/rules", get(contacts::rules).put(contacts::set_rules))
        .both("/api/landbridge/v1/contacts/{id}/accept", post(contacts::accept))
        .both("/api/landbridge/v1/contacts/{id}/decline", post(contacts::decline))
        .both("/api/landbridge/v1/contacts/{id}/block", post(contacts::block))
        .both("/api/landbridge/v1/contacts/{id}/report", post(contacts::report))
        .both("/api/landbridge/v1/contacts/{id}/undo", post(contacts::undo))
        .both("/api/landbridge/v1/decisions", get(decisions::list))
        .both("/api/landbridge/v1/decisions/{id}/appeal", post(decisions::appeal))
        .both("/api/landbridge/v1/statuses/{id}/deliveries", get(deliveries::get))
        .both("/api/landbridge/v1/conversations/{id}", get(conversations::get))
        .both("/api/landbridge/v1/ways", get(conversations::ways))
        .both("/api/landbridge/v1/preview", post(preview::post))
        .both("/api/landbridge/v1/grants", get(grants::get))
        .both("/api/landbridge/v1/grants/{id}", get(grants::one).delete(grants::revoke))
}
