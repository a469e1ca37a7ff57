//! `com.atproto.identity.*`: handles, documents of DIDs, and operations that change a member's identity.

mod handle;
mod operations;
mod resolve;

pub use handle::set_handle;

use crate::network::AtProto;
use axum::{
    Router,
    routing::{get, post},
};
use std::sync::Arc;

pub fn router() -> Router<Arc<AtProto>> {
    let name = |method: &str| format!("/xrpc/com.atproto.identity.{method}");
    Router::new()
        .route(&name("resolveHandle"), get(resolve::handle))
        .route(&name("resolveDid"), get(resolve::did))
        .route(&name("resolveIdentity"), get(resolve::identity))
        .route(&name("refreshIdentity"), post(resolve::refresh))
        .route(&name("updateHandle"), post(handle::update))
        .route(&name("getRecommendedDidCredentials"), get(operations::recommended))
        .route(&name("requestPlcOperationSignature"), post(operations::request))
        .route(&name("signPlcOperation"), post(operations::sign))
        .route(&name("submitPlcOperation"), post(operations::submit))
}
