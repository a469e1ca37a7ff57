//! `:id` of a path.

use crate::error::ApiError;
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use landbridge_model::Id;

/// The id in the path; what is none of ours is not found, rather than a mistake.
pub(crate) struct At(pub Id);

impl<S: Send + Sync> FromRequestParts<S> for At {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<At, ApiError> {
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::not_found())?;
        let id = params.iter().next().and_then(|(_, text)| text.parse().ok());
        id.map(At).ok_or_else(ApiError::not_found)
    }
}
