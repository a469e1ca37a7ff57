//! The OAuth profile of AT Protocol (<https://atproto.com/specs/oauth>). The server of authorization is the PDS itself.

pub mod client;
pub mod dpop;
mod error;
pub mod scopes;
pub mod sets;

pub use error::{OAuthError, OAuthResult};

use crate::network::AtProto;
use axum::Router;
use std::sync::Arc;

pub fn router() -> Router<Arc<AtProto>> {
    Router::new()
}

/// Pages on the origin of all pages.
pub fn pages() -> Router<Arc<AtProto>> {
    Router::new()
}
