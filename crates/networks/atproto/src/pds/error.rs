//! Errors as XRPC tells them (<https://atproto.com/specs/xrpc#error-responses>).

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use landbridge_hub::HubError;
use serde_json::json;

/// `{error, message}`, with a status.
#[derive(Clone, Debug)]
pub struct XrpcError {
    pub status: StatusCode,
    pub error: &'static str,
    pub message: String,
}

/// The name of an error, beside the answer: for what goes around it.
#[derive(Clone, Copy, Debug)]
pub struct ErrorName(pub &'static str);

pub type XrpcResult<T> = Result<T, XrpcError>;

impl XrpcError {
    /// 400 with a name of the method's lexicon.
    pub fn new(error: &'static str, message: impl Into<String>) -> XrpcError {
        XrpcError { status: StatusCode::BAD_REQUEST, error, message: message.into() }
    }

    pub fn invalid(message: impl Into<String>) -> XrpcError {
        XrpcError::new("InvalidRequest", message)
    }

    pub fn unauthorized(error: &'static str, message: impl Into<String>) -> XrpcError {
        XrpcError { status: StatusCode::UNAUTHORIZED, error, message: message.into() }
    }

    pub fn forbidden(message: impl Into<String>) -> XrpcError {
        XrpcError { status: StatusCode::FORBIDDEN, error: "Forbidden", message: message.into() }
    }
}

impl From<HubError> for XrpcError {
    fn from(error: HubError) -> XrpcError {
        let (status, name) = match &error {
            HubError::NotFound => (StatusCode::BAD_REQUEST, "NotFound"),
            HubError::Invalid(_) => (StatusCode::BAD_REQUEST, "InvalidRequest"),
            HubError::Forbidden(_) => (StatusCode::FORBIDDEN, "Forbidden"),
            HubError::Unauthorized => (StatusCode::UNAUTHORIZED, "AuthenticationRequired"),
            HubError::Conflict(_) => (StatusCode::CONFLICT, "Conflict"),
            HubError::Remote(_) => (StatusCode::BAD_GATEWAY, "UpstreamFailure"),
            HubError::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "InternalServerError"),
            HubError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "NotEnoughResources"),
            HubError::Wait(_) => (StatusCode::TOO_MANY_REQUESTS, "RateLimitExceeded"),
            HubError::Store(_) | HubError::Damaged(_) => {
                tracing::error!(%error, "a request to the PDS failed");
                let message = "something went wrong here; it is in the server's log".to_owned();
                return XrpcError {
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                    error: "InternalServerError",
                    message,
                };
            }
        };
        XrpcError { status, error: name, message: error.to_string() }
    }
}

impl IntoResponse for XrpcError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "message": self.message });
        let mut answer = (self.status, Json(body)).into_response();
        answer.extensions_mut().insert(ErrorName(self.error));
        answer
    }
}
