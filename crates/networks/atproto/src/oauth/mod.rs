//! The OAuth profile of AT Protocol (<https://atproto.com/specs/oauth>). The server of authorization is the PDS itself: its origin is
//! the issuer. The page that asks for consent is on the origin of all pages, where members sign in, and not on the one that
//! serves other people's files.

mod authenticate;
mod authorize;
pub mod client;
mod consent;
pub mod dpop;
mod error;
mod fields;
mod metadata;
mod par;
mod revoke;
pub mod scopes;
pub mod sets;
mod token;

pub use error::{OAuthError, OAuthResult};

use crate::network::AtProto;
use axum::{
    Router,
    routing::{get, post},
};
use std::sync::Arc;

/// On the origin of the PDS.
pub fn router() -> Router<Arc<AtProto>> {
    Router::new()
        .route("/.well-known/oauth-protected-resource", get(metadata::resource))
        .route("/.well-known/oauth-authorization-server", get(metadata::server))
        .route("/oauth/jwks", get(metadata::keys))
        .route("/oauth/par", post(par::push))
        .route("/oauth/authorize", get(authorize::onward))
        .route("/oauth/token", post(token::post))
        .route("/oauth/revoke", post(revoke::post))
}

/// On the origin of all pages.
pub fn pages() -> Router<Arc<AtProto>> {
    Router::new().route(authorize::PAGE, get(authorize::ask).post(authorize::answer))
}
