//! The OAuth profile of AT Protocol (<https://atproto.com/specs/oauth>).

use crate::network::AtProto;
use axum::Router;
use std::sync::Arc;

pub fn router() -> Router<Arc<AtProto>> {
    Router::new()
}
