//! `/api/v1/timelines`. docs/methods/timelines

mod home;
mod public;
mod tag;

use crate::{Both, door::Door, packed};
use axum::{Router, middleware::from_fn, routing::get};

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .both("/api/v1/timelines/home", get(home::get))
        .both("/api/v1/timelines/public", get(public::get))
        .both("/api/v1/timelines/tag/{tag}", get(tag::get))
        .layer(from_fn(packed::layer))
}
