//! `GET /media/none/{avatar,header}.png`: for whoever has no picture. Clients fail without a real URL.

use axum::response::IntoResponse;
use http::header;

const KEEP: &str = "public, max-age=604800";

pub(super) async fn avatar() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, KEEP)],
        include_bytes!("none/avatar.png").as_slice(),
    )
}

pub(super) async fn header() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, KEEP)],
        include_bytes!("none/header.png").as_slice(),
    )
}
