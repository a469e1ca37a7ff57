//! Errors as docs/entities/Error has them.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use landbridge_hub::HubError;
use landbridge_store::StoreError;
use serde_json::json;

/// What an app is told.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub status: StatusCode,
    pub error: String,
    pub description: Option<String>,
}

impl ApiError {
    pub fn new(status: StatusCode, error: impl Into<String>) -> ApiError {
        ApiError { status, error: error.into(), description: None }
    }
    /// 422
    pub fn invalid(why: impl Into<String>) -> ApiError {
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("Validation failed: {}", why.into()))
    }
    /// 404
    pub fn not_found() -> ApiError {
        ApiError::new(StatusCode::NOT_FOUND, "Record not found")
    }
    /// 401
    pub fn unauthorized() -> ApiError {
        ApiError::new(StatusCode::UNAUTHORIZED, "The access token is invalid")
    }
    /// With `error_description`, as OAuth wants it (RFC 6749, section 5.2).
    pub fn oauth(status: StatusCode, error: &str, description: &str) -> ApiError {
        ApiError { status, error: error.into(), description: Some(description.into()) }
    }
}

impl From<HubError> for ApiError {
    fn from(e: HubError) -> ApiError {
        let status = match &e {
            HubError::NotFound => return ApiError::not_found(),
            HubError::Unauthorized => return ApiError::unauthorized(),
            HubError::Invalid(why) => return ApiError::invalid(why),
            HubError::Forbidden(_) => StatusCode::FORBIDDEN,
            HubError::Conflict(_) => StatusCode::CONFLICT,
            HubError::Remote(_) => StatusCode::SERVICE_UNAVAILABLE,
            HubError::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            HubError::Busy | HubError::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            HubError::Store(error) if error.is_passing() => {
                tracing::warn!(%error, "the database does not answer");
                return ApiError::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "This server cannot reach its database just now. Please try again in a moment",
                );
            }
            HubError::Store(_) | HubError::Damaged(_) => {
                tracing::error!(error = %e, "a request to the client API failed");
                return ApiError::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "This server has a problem; please try again",
                );
            }
        };
        ApiError::new(status, e.to_string())
    }
}

impl From<StoreError> for ApiError {
    fn from(e: StoreError) -> ApiError {
        HubError::from(e).into()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = match &self.description {
            None => json!({ "error": self.error }),
            Some(description) => json!({ "error": self.error, "error_description": description }),
        };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let value = http::HeaderValue::from_static("Bearer realm=\"Landbridge\"");
            response.headers_mut().insert(http::header::WWW_AUTHENTICATE, value);
        }
        response
    }
}
