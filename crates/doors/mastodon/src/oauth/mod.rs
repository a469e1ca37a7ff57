//! OAuth 2: how an app gets its token. docs/spec/oauth, RFC 6749, RFC 7636 (PKCE), RFC 8414 (metadata)

mod apps;
mod authorize;
mod client;
mod html;
mod metadata;
mod redirect;
mod revoke;
mod scopes;
mod token;
mod userinfo;

use crate::door::Door;
use axum::{
    Router,
    routing::{get, post},
};

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .route("/api/v1/apps", post(apps::create))
        .route("/api/v1/apps/verify_credentials", get(apps::verify_credentials))
        .route("/oauth/authorize", get(authorize::ask).post(authorize::answer))
        // Some clients write the slash.
        .route("/oauth/authorize/", get(authorize::ask).post(authorize::answer))
        .route("/oauth/token", post(token::post))
        .route("/oauth/revoke", post(revoke::post))
        .route("/oauth/userinfo", get(userinfo::get).post(userinfo::get))
        .route("/.well-known/oauth-authorization-server", get(metadata::get))
}
