//! What every request passes before it reaches a door or a network, outermost first: who asks ([`client`]), which
//! name was asked for ([`hosts`]), other sites' browsers ([`cors`]), how often ([`rates`]), how much and how long
//! ([`bounds`]). [`envelope`] wraps them all: request id, security headers, log line, metrics.

mod bounds;
mod client;
mod cors;
mod envelope;
mod hosts;
mod rates;
mod surface;

pub use hosts::{ForPds, Hosts};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use landbridge_hub::Hub;
use std::sync::Arc;
use tower::ServiceExt;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use crate::config::Config;

/// Counts a request that is turned away before anybody has looked at what it wants: `name`, `size`, `slow`, `tls`,
/// `protocol`.
pub fn refused(why: &'static str) {
    metrics::counter!("landbridge_refused_total", "why" => why).increment(1);
}

/// Wraps the routes of all doors and networks; `pds`: what is answered on the origin of the PDS.
pub fn wrap(routes: Router, pds: Option<Router>, hosts: Hosts, hub: &Hub, config: &Config) -> Router {
    let https = hosts.is_https();
    by_place(routes, pds)
        .layer(DefaultBodyLimit::disable())
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .layer(from_fn_with_state(bounds::Bounds::new(&config.limits), bounds::hold))
        .layer(from_fn_with_state(Arc::new(rates::Rates::new(&config.limits, whose(hub))), rates::hold))
        .layer(from_fn(cors::answer))
        .layer(from_fn_with_state(Arc::new(hosts), hosts::route))
        .layer(from_fn_with_state(https, envelope::seal))
        .layer(from_fn_with_state(Arc::<[_]>::from(config.proxy.trusted.as_slice()), client::find))
}

/// One of two routers, as [`hosts`] has decided.
fn by_place(routes: Router, pds: Option<Router>) -> Router {
    let Some(pds) = pds else { return routes };
    let choose = move |request: Request| {
        let router = if request.extensions().get::<ForPds>().is_some() { &pds } else { &routes };
        let router = router.clone();
        async move { router.oneshot(request).await }
    };
    Router::new().fallback_service(tower::service_fn(choose))
}

/// Whose a token is, as the hub says. A read that fails leaves the request with its address's limit.
fn whose(hub: &Hub) -> rates::Whose {
    let hub = hub.clone();
    Box::new(move |secret| {
        let hub = hub.clone();
        Box::pin(
            async move { hub.grant_of(&secret).await.ok().map(|grant| grant.member.unwrap_or(grant.id)) },
        )
    })
}
