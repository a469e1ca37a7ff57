//! Answers: documents with their media type, refusals, and the way between documents and pages.

use crate::vocab::ACTIVITY_JSON;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use landbridge_hub::HubError;
use serde_json::Value;

/// A document.
pub(super) fn document(status: StatusCode, value: &Value) -> Response {
    bytes(status, serde_json::to_vec(value).unwrap_or_default())
}

/// A document that is kept as bytes.
pub(super) fn bytes(status: StatusCode, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/activity+json; charset=utf-8"),
        (header::VARY, "Accept, Signature"),
        (header::CACHE_CONTROL, "private, max-age=0"),
    ];
    (status, headers, body).into_response()
}

/// Why something is not shown.
pub(super) enum No {
    NotFound,
    /// A document of what is left.
    Gone(Value),
    Unauthorized(String),
    Later(String),
}

impl From<HubError> for No {
    fn from(error: HubError) -> No {
        match error {
            HubError::NotFound => No::NotFound,
            other => {
                tracing::warn!(error = %other, "a document could not be given out");
                No::Later("please try again later".into())
            }
        }
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        match self {
            No::NotFound => (StatusCode::NOT_FOUND, "not found").into_response(),
            No::Gone(tombstone) => document(StatusCode::GONE, &tombstone),
            No::Unauthorized(why) => (StatusCode::UNAUTHORIZED, why).into_response(),
            No::Later(why) => later(why),
        }
    }
}

/// 503 with the advice when to come again.
pub(super) fn later(why: String) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60")], why).into_response()
}

/// Whether a request would rather have a document than a page.
pub(super) fn wants_document(headers: &HeaderMap) -> bool {
    let Some(accept) = headers.get(header::ACCEPT).and_then(|a| a.to_str().ok()) else { return false };
    let position = |kind: &str| accept.find(kind);
    let json = position(ACTIVITY_JSON)
        .or_else(|| position("application/ld+json"))
        .or_else(|| position("application/json"));
    match (json, position("text/html")) {
        (Some(json), Some(html)) => json < html,
        (json, _) => json.is_some(),
    }
}

/// A layer for the whole server: whoever asks for the document behind a page (`/@name`, `/@name/{id}`) is sent to it.
pub async fn redirect_documents(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let of_page =
        path.strip_prefix("/@").filter(|rest| !rest.contains('@')).map(|rest| rest.trim_end_matches('/'));
    let target = match of_page.map(|rest| rest.split_once('/')) {
        Some(None) => of_page.map(|name| format!("/users/{name}")),
        Some(Some((name, id))) if !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) => {
            Some(format!("/users/{name}/statuses/{id}"))
        }
        _ if path == "/" => Some("/actor".to_owned()),
        _ => None,
    };
    let asks = request.method() == Method::GET && wants_activity(request.headers());
    match target.filter(|_| asks) {
        Some(target) => {
            let mut response = Redirect::to(&target).into_response();
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
            response
        }
        None => next.run(request).await,
    }
}

/// Names the network's own types, not just any JSON: clients of other interfaces ask for that.
fn wants_activity(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|a| a.to_str().ok()).unwrap_or_default();
    wants_document(headers) && (accept.contains(ACTIVITY_JSON) || accept.contains("activitystreams"))
}
