//! Who asks: docs/client/authorized. Every token is a [`Grant`].

use crate::{door::Door, error::ApiError};
use axum::extract::FromRequestParts;
use http::{HeaderMap, StatusCode, header, request::Parts};
use landbridge_hub::{Hub, HubError, accounts::Grant};
use landbridge_model::Id;
use std::sync::Arc;

/// What tokens of this door are for.
pub(crate) const PURPOSE: &str = "mastodon";

/// The grant of a request, if it came with a token. A token that is not good is refused everywhere. Each use is noted in
/// the grant's log, by the scope that it needs.
pub(crate) struct Auth(pub Option<Arc<Grant>>, Hub);

impl Auth {
    /// The member who asks, with a token that has this scope.
    pub fn member(&self, scope: &str) -> Result<Id, ApiError> {
        match &self.0 {
            None => Err(ApiError::unauthorized()),
            Some(grant) if !grant.allows(scope) => Err(outside()),
            Some(grant) => {
                self.1.used(grant.id, scope);
                grant.member.ok_or_else(|| {
                    ApiError::new(
                        StatusCode::UNPROCESSABLE_ENTITY,
                        "This method requires an authenticated user",
                    )
                })
            }
        }
    }

    /// The member who asks, whatever the token's scopes.
    pub fn signed_in(&self) -> Result<Id, ApiError> {
        let grant = self.0.as_ref().ok_or_else(ApiError::unauthorized)?;
        self.1.used(grant.id, "who this is");
        grant.member.ok_or_else(ApiError::unauthorized)
    }

    /// The member who asks; `None` for strangers.
    pub fn reader(&self, scope: &str) -> Result<Option<Id>, ApiError> {
        match &self.0 {
            Some(grant) if grant.member.is_some() && !grant.allows(scope) => Err(outside()),
            Some(grant) => {
                self.1.used(grant.id, scope);
                Ok(grant.member)
            }
            None => Ok(None),
        }
    }
}

fn outside() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "This action is outside the authorized scopes")
}

impl FromRequestParts<Door> for Auth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Auth, ApiError> {
        let token = bearer(&parts.headers).map(str::to_owned).or_else(|| in_query(parts.uri.query()));
        match token {
            None => Ok(Auth(None, door.hub.clone())),
            Some(token) => Ok(Auth(Some(door.grant_of(token).await?), door.hub.clone())),
        }
    }
}

impl Door {
    /// The grant of a token made by this door.
    pub async fn grant_of(&self, token: String) -> Result<Arc<Grant>, ApiError> {
        let stamp = match self.grants.get(&token).await? {
            Ok(grant) => return Ok(grant),
            Err(stamp) => stamp,
        };
        match self.hub.grant_of(&token).await {
            Ok(grant) if grant.purpose == PURPOSE => {
                let grant = Arc::new(grant);
                self.grants.put(stamp, token, grant.clone());
                Ok(grant)
            }
            Ok(_) | Err(HubError::NotFound) => Err(ApiError::unauthorized()),
            Err(e) => Err(e.into()),
        }
    }
}

/// The token of an `Authorization: Bearer` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|t| !t.is_empty())
}

/// `?access_token=`, as older clients and streams send it.
pub(crate) fn in_query(query: Option<&str>) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query?.as_bytes());
    pairs
        .find(|(key, _)| key == "access_token")
        .map(|(_, token)| token.into_owned())
        .filter(|t| !t.is_empty())
}
