//! The Mastodon client API, version 4.2, and streaming: the door for apps.
//!
//! One file an endpoint (or a few that are one thing), at the path of its URL; the first line of each names route and
//! documentation. `docs` there means <https://docs.joinmastodon.org>. What the documentation knows and this door does not
//! answers 404, and nothing advertises it.
//!
//! A handler reads who asks ([`auth`]) and what ([`params`]), calls the hub, and shows the answer ([`entities`]).
//! Nothing is decided here.

// Whatever the network says must not end a request, and still less the process.
#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::unreachable)]
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod accounts;
mod asked;
mod at;
mod auth;
mod conversations;
mod door;
mod entities;
mod error;
mod fresh;
#[doc(hidden)]
pub mod fuzzing;
mod instance;
mod landbridge;
mod lists;
mod media;
mod notifications;
mod oauth;
mod packed;
mod page;
mod params;
mod polls;
mod profile;
mod reports;
mod search;
mod statuses;
mod streaming;
mod tags;
mod timelines;

use axum::{
    Router,
    routing::{MethodRouter, any},
};
use door::Door;
use error::ApiError;
use http::StatusCode;
use landbridge_hub::Hub;

/// The version that we claim: what clients decide by.
pub(crate) const CLAIMED: &str = concat!("4.2.0 (compatible; Landbridge ", env!("CARGO_PKG_VERSION"), ")");

/// Everything that apps ask for: `/api` and `/oauth`. Files (`/media`) are served by others.
pub fn router(hub: Hub) -> Router {
    Router::new()
        .merge(accounts::routes())
        .merge(conversations::routes())
        .merge(instance::routes())
        .merge(landbridge::routes())
        .merge(lists::routes())
        .merge(media::routes(&hub))
        .merge(notifications::routes())
        .merge(oauth::routes())
        .merge(polls::routes())
        .merge(profile::routes(&hub))
        .merge(reports::routes())
        .merge(search::routes())
        .merge(statuses::routes())
        .merge(streaming::routes())
        .merge(tags::routes())
        .merge(timelines::routes())
        .route("/api/{*rest}", any(async || ApiError::not_found()))
        .method_not_allowed_fallback(async || {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
        })
        .with_state(Door::new(hub))
}

/// Routes with and without a final slash: the reference server takes both, and clients write both.
pub(crate) trait Both {
    fn both(self, path: &str, methods: MethodRouter<Door>) -> Self;
}

impl Both for Router<Door> {
    fn both(self, path: &str, methods: MethodRouter<Door>) -> Router<Door> {
        self.route(path, methods.clone()).route(&format!("{path}/"), methods)
    }
}
