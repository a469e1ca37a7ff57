//! `POST /oauth/revoke`: docs/methods/oauth#revoke, RFC 7009

use super::client::client;
use crate::{auth::PURPOSE, door::Door, error::ApiError, page::Answer, params::Params};
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use landbridge_hub::HubError;
use serde_json::json;

/// A token that is gone already is no error.
pub(super) async fn post(
    State(door): State<Door>,
    headers: HeaderMap,
    params: Params,
) -> Result<Answer, ApiError> {
    let denied = || {
        ApiError::oauth(
            StatusCode::FORBIDDEN,
            "unauthorized_client",
            "You are not authorized to revoke this token",
        )
    };
    let app = client(&door, &headers, &params).await.map_err(|_| denied())?;
    let token = params.text("token").unwrap_or_default();
    match door.hub.grant_of(token).await {
        Ok(grant) if grant.app != Some(app.id) || grant.purpose != PURPOSE => return Err(denied()),
        Ok(grant) => {
            door.hub.used(grant.id, "given back by the app");
            door.hub.revoke_token(token).await?;
        }
        Err(HubError::Unauthorized | HubError::NotFound) => {}
        Err(e) => return Err(e.into()),
    }
    Ok(Answer::one(&json!({})))
}
