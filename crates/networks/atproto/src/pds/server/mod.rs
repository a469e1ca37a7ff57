//! `com.atproto.server.*`

use crate::network::AtProto;
use axum::Router;
use std::sync::Arc;

pub fn router() -> Router<Arc<AtProto>> {
    Router::new()
}
