//! Around every request: its id, the security headers, one log line and its metrics. The log knows the path without
//! its query and without one-time secrets, and the client's network without its last part.

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::{client, surface::Surface};

/// First segments whose next segment is a secret.
const SECRET_PATHS: &[&str] = &["setup", "invite"];

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub async fn seal(State(https): State<bool>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let path = shown_path(request.uri().path());
    let surface = Surface::of(&method, request.uri().path());
    let address =
        request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| client::truncated(info.0.ip()));

    let mut response = next.run(request).await;

    let id = next_id();
    secure(response.headers_mut(), https);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status();
    let class = match status.as_u16() {
        0..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    let taken = started.elapsed();
    metrics::counter!("landbridge_http_requests_total", "surface" => surface.label(), "status" => class)
        .increment(1);
    metrics::histogram!("landbridge_http_seconds", "surface" => surface.label()).record(taken.as_secs_f64());
    let milliseconds = taken.as_secs_f64() * 1000.0;
    if status.is_server_error() {
        tracing::warn!(%id, %method, path, status = status.as_u16(), milliseconds, ?address, "request failed");
    } else {
        tracing::debug!(%id, %method, path, status = status.as_u16(), milliseconds, ?address, "request");
    }
    response
}

fn secure(headers: &mut HeaderMap, https: bool) {
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(X_FRAME_OPTIONS, "DENY");
    default(REFERRER_POLICY, "same-origin");
    if https {
        default(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

fn shown_path(path: &str) -> String {
    let mut segments = path.splitn(3, '/');
    match (segments.next(), segments.next(), segments.next()) {
        (Some(_), Some(first), Some(_)) if SECRET_PATHS.contains(&first) => format!("/{first}/..."),
        _ => path.to_owned(),
    }
}

/// Unique in this process; says nothing about anybody.
fn next_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{:x}-{:x}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_links_stay_out_of_the_log() {
        assert_eq!(shown_path("/setup/s3cret"), "/setup/...");
        assert_eq!(shown_path("/invite/a/b"), "/invite/...");
        assert_eq!(shown_path("/setup"), "/setup");
        assert_eq!(shown_path("/@alice/1"), "/@alice/1");
    }
}
