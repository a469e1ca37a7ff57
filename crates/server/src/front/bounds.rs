//! How much a request may carry and how long it may take.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use http_body_util::Limited;
use landbridge_atproto::pds::{LONGEST_IMPORT, XrpcError, turned_away};
use serde_json::json;
use std::time::Duration;

use super::surface::Surface;
use super::{ForPds, refused};
use crate::config::Limits;

/// An upload over a slow line may take this many times as long as another request.
const UPLOAD_PATIENCE: u32 = 10;
/// The form around a file that an app sends: bytes.
const FORM: usize = 1 << 20;
/// Where the PDS takes in a whole repository. It reads none of it before it knows who brings it.
const IMPORT: &str = "/xrpc/com.atproto.repo.importRepo";

#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    body: usize,
    upload: usize,
    import: usize,
    time: Duration,
}

impl Bounds {
    pub fn new(limits: &Limits) -> Self {
        Self {
            body: limits.body_bytes,
            upload: limits.media_bytes,
            import: LONGEST_IMPORT,
            time: Duration::from_secs(limits.request_seconds.max(1)),
        }
    }

    /// Bytes and time of a request.
    fn of(&self, request: &Request, for_pds: bool) -> (usize, Duration) {
        let path = request.uri().path();
        match Surface::of(request.method(), path) {
            Surface::Upload if for_pds && path == IMPORT => (self.import, self.time * UPLOAD_PATIENCE),
            Surface::Upload if for_pds => (self.upload, self.time * UPLOAD_PATIENCE),
            Surface::Upload => (self.upload.saturating_add(FORM), self.time * UPLOAD_PATIENCE),
            _ => (self.body, self.time),
        }
    }
}

pub async fn hold(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let asker = Asker::of(&request);
    let (bytes, time) = bounds.of(&request, asker == Asker::Pds);
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > bytes as u64) {
        refused("size");
        return too_large(asker, bytes);
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
            too_slow(asker)
        }
    }
}

/// In whose words a refusal is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    Pds,
    App,
    Other,
}

impl Asker {
    fn of(request: &Request) -> Self {
        match request.extensions().get::<ForPds>() {
            Some(_) => Self::Pds,
            None if request.uri().path().starts_with("/api/") => Self::App,
            None => Self::Other,
        }
    }
}

fn too_large(asker: Asker, most: usize) -> Response {
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    let message = format!("this takes {most} bytes at most");
    match asker {
        Asker::Pds => turned_away(XrpcError { status, error: "PayloadTooLarge", message }),
        Asker::App => (status, Json(json!({ "error": message }))).into_response(),
        Asker::Other => status.into_response(),
    }
}

fn too_slow(asker: Asker) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let message = "this took too long".to_owned();
    let mut answer = match asker {
        Asker::Pds => turned_away(XrpcError { status, error: "NotEnoughResources", message }),
        Asker::App => (status, Json(json!({ "error": message }))).into_response(),
        Asker::Other => (status, "This took too long.\n").into_response(),
    };
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    answer
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
        answer(path, request).await.status()
    }

    async fn answer(path: &str, request: Request) -> Response {
        let bounds = Bounds { body: 10, upload: 100, import: 200, time: Duration::from_millis(50) };
        let app = Router::new()
            .route(path, post(|body: Bytes| async move { body.len().to_string() }))
            .route("/slow", post(|| tokio::time::sleep(Duration::from_secs(60))))
            .route("/api/slow", post(|| tokio::time::sleep(Duration::from_secs(60))))
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(bounds, hold));
        app.oneshot(request).await.unwrap()
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
        let media = "/api/v2/media";
        assert_eq!(send(media, unannounced(media, 100 + FORM)).await, StatusCode::OK);
        assert_eq!(send(media, unannounced(media, 101 + FORM)).await, StatusCode::PAYLOAD_TOO_LARGE);
        let lying = Request::post("/inbox").header("content-length", "99").body(Body::empty()).unwrap();
        assert_eq!(send("/inbox", lying).await, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[tokio::test]
    async fn the_pds_takes_a_whole_repository_and_refuses_in_its_own_words() {
        let to_pds = |mut request: Request| {
            request.extensions_mut().insert(ForPds);
            request
        };
        assert_eq!(send(IMPORT, to_pds(unannounced(IMPORT, 200))).await, StatusCode::OK);
        assert_eq!(send(IMPORT, to_pds(unannounced(IMPORT, 201))).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(send(IMPORT, unannounced(IMPORT, 101 + FORM)).await, StatusCode::PAYLOAD_TOO_LARGE);
        let blob = "/xrpc/com.atproto.repo.uploadBlob";
        assert_eq!(send(blob, to_pds(unannounced(blob, 100))).await, StatusCode::OK);
        let large = Request::post(blob).header("content-length", "101").body(Body::empty()).unwrap();
        let slow = Request::post("/slow").body(Body::empty()).unwrap();
        for (request, status, error) in [(large, 413, "PayloadTooLarge"), (slow, 503, "NotEnoughResources")] {
            let refused = answer(blob, to_pds(request)).await;
            assert_eq!(refused.status().as_u16(), status);
            assert_eq!(refused.headers()["access-control-allow-origin"], "*");
            assert_eq!(refused.headers().contains_key("retry-after"), status == 503);
            let body = axum::body::to_bytes(refused.into_body(), 1000).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["error"], error);
        }
    }

    #[tokio::test]
    async fn apps_are_refused_in_words_that_they_read() {
        let large =
            Request::post("/api/v1/statuses").header("content-length", "11").body(Body::empty()).unwrap();
        let slow = Request::post("/api/slow").body(Body::empty()).unwrap();
        for (request, status) in [(large, 413), (slow, 503)] {
            let refused = answer("/api/v1/statuses", request).await;
            assert_eq!(refused.status().as_u16(), status);
            assert_eq!(refused.headers()["content-type"], "application/json");
            assert_eq!(refused.headers().contains_key("retry-after"), status == 503);
            let body = axum::body::to_bytes(refused.into_body(), 1000).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert!(body["error"].is_string(), "{body}");
        }
    }

    #[tokio::test]
    async fn nothing_takes_for_ever() {
        let request = Request::post("/slow").body(Body::empty()).unwrap();
        assert_eq!(send("/x", request).await, StatusCode::SERVICE_UNAVAILABLE);
    }
}
