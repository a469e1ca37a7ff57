//! A member's own profile and settings.

pub(crate) mod limits;
mod preferences;
mod update_credentials;

use crate::{Both, door::Door};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, patch},
};
use landbridge_hub::Hub;

pub(crate) fn routes(hub: &Hub) -> Router<Door> {
    // Two pictures and some text.
    let most = usize::try_from(hub.config().limits.image_size)
        .unwrap_or(usize::MAX)
        .saturating_mul(2)
        .saturating_add(1 << 20);
    Router::new()
        .both(
            "/api/v1/accounts/update_credentials",
            patch(update_credentials::patch).layer(DefaultBodyLimit::max(most)),
        )
        .both("/api/v1/preferences", get(preferences::get))
}
