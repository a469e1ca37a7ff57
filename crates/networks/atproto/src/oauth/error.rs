//! Errors as OAuth tells them (RFC 6749, section 5.2).

use crate::pds::XrpcError;
use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use landbridge_hub::HubError;
use serde_json::json;

#[derive(Clone, Debug)]
pub struct OAuthError {
    pub status: StatusCode,
    pub error: &'static str,
    pub description: String,
}

pub type OAuthResult<T> = Result<T, OAuthError>;

impl OAuthError {
    pub fn new(error: &'static str, description: impl Into<String>) -> OAuthError {
        OAuthError { status: StatusCode::BAD_REQUEST, error, description: description.into() }
    }

    pub fn request(description: impl Into<String>) -> OAuthError {
        OAuthError::new("invalid_request", description)
    }

    pub fn grant(description: impl Into<String>) -> OAuthError {
        OAuthError::new("invalid_grant", description)
    }

    pub fn client(description: impl Into<String>) -> OAuthError {
        OAuthError::new("invalid_client_metadata", description)
    }

    /// The app has not shown who it is.
    pub fn unknown_client(description: impl Into<String>) -> OAuthError {
        OAuthError { status: StatusCode::UNAUTHORIZED, ..OAuthError::new("invalid_client", description) }
    }
}

impl From<HubError> for OAuthError {
    fn from(error: HubError) -> OAuthError {
        XrpcError::from(error).into()
    }
}

impl From<XrpcError> for OAuthError {
    fn from(error: XrpcError) -> OAuthError {
        let XrpcError { status, error, message } = error;
        match error {
            // At the authorization server these are bad requests (RFC 9449, section 8).
            crate::oauth::dpop::USE_NONCE | "invalid_dpop_proof" => OAuthError::new(error, message),
            _ if status.is_server_error() => {
                OAuthError { status, error: "server_error", description: message }
            }
            _ if status == StatusCode::TOO_MANY_REQUESTS => {
                OAuthError { status, error: "slow_down", description: message }
            }
            _ => OAuthError::request(message),
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.error, "error_description": self.description });
        let mut answer = (self.status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
        answer.extensions_mut().insert(crate::pds::ErrorName(self.error));
        answer
    }
}
