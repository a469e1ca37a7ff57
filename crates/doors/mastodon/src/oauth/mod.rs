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

use crate::{Both, door::Door};
use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use client::basic;
pub(crate) use redirect::acceptable;
pub(crate) use scopes::read as read_scopes;

pub(crate) fn routes() -> Router<Door> {
    Router::new()
        .both("/api/v1/apps", post(apps::create))
        .both("/api/v1/apps/verify_credentials", get(apps::verify_credentials))
        .both("/oauth/authorize", get(authorize::ask).post(authorize::answer))
        .both("/oauth/token", post(token::post))
        .both("/oauth/revoke", post(revoke::post))
        .both("/oauth/userinfo", get(userinfo::get).post(userinfo::get))
        .both("/.well-known/oauth-authorization-server", get(metadata::get))
}
