//! `/api/landbridge/v1`: what is ours alone. Each file describes its part.

mod conversations;
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
        .both("/api/landbridge/v1/statuses/{id}/deliveries", get(deliveries::get))
        .both("/api/landbridge/v1/conversations/{id}", get(conversations::get))
        .both("/api/landbridge/v1/ways", get(conversations::ways))
        .both("/api/landbridge/v1/preview", post(preview::post))
        .both("/api/landbridge/v1/grants", get(grants::get))
        .both("/api/landbridge/v1/grants/{id}", get(grants::one).delete(grants::revoke))
}
