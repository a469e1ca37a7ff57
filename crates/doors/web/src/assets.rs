//! The one stylesheet and the icon, part of the binary. The stylesheet's path holds a hash of it, so that it may be
//! cached for ever and a new version is seen at once.

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use http::header;
use std::sync::LazyLock;

const CSS: &str = include_str!("../assets/style.css");
const ICON: &str = include_str!("../assets/icon.svg");

static CSS_PATH: LazyLock<String> = LazyLock::new(|| {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, CSS.as_bytes());
    format!("/assets/{}.css", hex::encode(hash.as_ref().get(..6).unwrap_or_default()))
});

/// Path of the stylesheet.
pub fn css_path() -> &'static str {
    &CSS_PATH
}

pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(css_path(), get(async || asset("text/css; charset=utf-8", CSS)))
        .route("/assets/icon.svg", get(async || asset("image/svg+xml", ICON)))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
