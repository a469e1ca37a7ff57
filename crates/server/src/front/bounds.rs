//! How much a request may carry and how long it may take.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use http_body_util::Limited;
use std::time::Duration;

use super::refused;
use super::surface::Surface;
use crate::config::Limits;

/// An upload over a slow line may take this many times as long as another request.
const UPLOAD_PATIENCE: u32 = 10;

#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    body: usize,
    upload: usize,
    time: Duration,
}

impl Bounds {
    pub fn new(limits: &Limits) -> Self {
        Self {
            body: limits.body_bytes,
            upload: limits.media_bytes,
            time: Duration::from_secs(limits.request_seconds.max(1)),
        }
    }
}

pub async fn hold(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let upload = Surface::of(request.method(), request.uri().path()) == Surface::Upload;
    let (bytes, time) =
        if upload { (bounds.upload, bounds.time * UPLOAD_PATIENCE) } else { (bounds.body, bounds.time) };
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > bytes as u64) {
        refused("size");
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let request = request.map(|body| Body::new(Limited::new(body, bytes)));
    match tokio::time::timeout(time, next.run(request)).await {
        Ok(response) => {
            if response.status() == StatusCode::PAYLOAD_TOO_LARGE {
                refused("size");
            }
            response
        }
        Err(_) => {
            refused("slow");
            let retry = [(header::RETRY_AFTER, HeaderValue::from_static("60"))];
            (StatusCode::SERVICE_UNAVAILABLE, retry, "This took too long.\n").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Bytes;
    use axum::extract::DefaultBodyLimit;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tower::ServiceExt;

    async fn send(path: &str, request: Request) -> StatusCode {
        let bounds = Bounds { body: 10, upload: 100, time: Duration::from_millis(50) };
        let app = Router::new()
            .route(path, post(|body: Bytes| async move { body.len().to_string() }))
            .route("/slow", post(|| tokio::time::sleep(Duration::from_secs(60))))
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(bounds, hold));
        app.oneshot(request).await.unwrap().status()
    }

    /// A body that does not say how long it is.
    fn unannounced(path: &str, bytes: usize) -> Request {
        let chunks = vec![Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; bytes]))];
        let body = Body::from_stream(futures_util::stream::iter(chunks));
        Request::post(path).body(body).unwrap()
    }

    #[tokio::test]
    async fn bodies_are_bounded_announced_or_not() {
        assert_eq!(send("/inbox", unannounced("/inbox", 10)).await, StatusCode::OK);
        assert_eq!(send("/inbox", unannounced("/inbox", 11)).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(send("/api/v2/media", unannounced("/api/v2/media", 99)).await, StatusCode::OK);
        let lying = Request::post("/inbox").header("content-length", "99").body(Body::empty()).unwrap();
        assert_eq!(send("/inbox", lying).await, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn nothing_takes_for_ever() {
        let request = Request::post("/slow").body(Body::empty()).unwrap();
        assert_eq!(send("/x", request).await, StatusCode::SERVICE_UNAVAILABLE);
    }
}
