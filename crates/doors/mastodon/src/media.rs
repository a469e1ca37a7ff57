//! `/api/v1/media`, `/api/v2/media`. docs/methods/media

mod change;
mod none;
mod upload;

use crate::{Both, door::Door, params::Params};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use landbridge_hub::Hub;

pub(crate) fn routes(hub: &Hub) -> Router<Door> {
    let limits = &hub.config().limits;
    // The file and its thumbnail, and the form around them.
    let most = usize::try_from(limits.video_size.max(limits.image_size))
        .unwrap_or(usize::MAX)
        .saturating_add(2 << 20);
    let uploads = Router::new()
        .both("/api/v1/media", post(upload::post))
        .both("/api/v2/media", post(upload::post))
        .layer(DefaultBodyLimit::max(most));
    uploads
        .both("/api/v1/media/{id}", get(change::get).put(change::put).delete(change::delete))
        .both("/media/none/avatar.png", get(none::avatar))
        .both("/media/none/header.png", get(none::header))
}

/// `focus=x,y`, each from -1.0 to 1.0.
pub(crate) fn focus(params: &Params) -> Option<(f32, f32)> {
    let (x, y) = params.text("focus")?.split_once(',')?;
    let number = |n: &str| n.trim().parse::<f32>().ok().filter(|n| n.is_finite());
    Some((number(x)?, number(y)?))
}
