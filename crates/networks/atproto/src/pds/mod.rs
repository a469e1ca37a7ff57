//! The PDS: what apps, relays and other servers ask of us, on an origin of its own.
//!
//! `xrpc/NSID` is one method, in the file named like it: `com.atproto.repo.createRecord` in `repo/`, and so on.

pub mod access;
mod admin;
mod codes;
mod crawl;
mod error;
mod housekeeping;
mod identity;
pub mod input;
mod layer;
mod moderation;
mod notifications;
mod own;
mod preferences;
pub(crate) mod proxy;
mod repo;
mod schemas;
mod server;
pub mod settings;
mod sync;
mod takedowns;
mod temp;
mod well_known;

pub use access::{Access, Action};
pub(crate) use error::ErrorName;
pub use error::{XrpcError, XrpcResult};
pub use layer::turned_away;
pub use repo::{ARRIVING_AT_ONCE, IMPORTS_AT_ONCE, LONGEST_IMPORT};
pub(crate) use server::service_token;
pub(crate) use server::{find_member, name_to_try};
pub use sync::EXPORTS_AT_ONCE;

use crate::network::AtProto;
use axum::Router;
use landbridge_hub::Stop;
use std::sync::Arc;

pub fn router(at: Arc<AtProto>) -> Router {
    let mut routes = Router::new()
        .merge(well_known::router())
        .merge(server::router())
        .merge(identity::router())
        .merge(admin::router())
        .merge(preferences::router())
        .merge(moderation::router())
        .merge(notifications::router())
        .merge(temp::router())
        .merge(own::router())
        .merge(settings::signposts())
        .merge(repo::router(&at))
        .merge(sync::router())
        .merge(crate::oauth::router());
    if at.options.directory.is_none() {
        routes = routes.merge(crate::directory::router());
    }
    let around = axum::middleware::from_fn_with_state(at.clone(), layer::around);
    let routes = routes.fallback(proxy::fallback).method_not_allowed_fallback(wrong_method);
    routes.layer(around).with_state(at)
}

async fn wrong_method() -> XrpcError {
    let message = "Incorrect HTTP method for this".to_owned();
    XrpcError { status: axum::http::StatusCode::METHOD_NOT_ALLOWED, error: "InvalidRequest", message }
}

/// Works in the background until `stop`.
pub async fn run(at: Arc<AtProto>, stop: Stop) {
    tokio::join!(
        housekeeping::run(at.clone(), stop.clone()),
        crawl::run(at.clone(), stop.clone()),
        crate::through::run(at, stop),
    );
}
