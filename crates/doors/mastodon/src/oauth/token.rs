//! `POST /oauth/token`: docs/methods/oauth#token

use super::{
    authorize::{CODE, Code},
    client::client,
    scopes,
};
use crate::{auth::PURPOSE, door::Door, error::ApiError, page::Answer, params::Params};
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, header};
use landbridge_hub::accounts::{App, NewGrant};
use landbridge_model::Id;
use serde_json::json;

pub(super) async fn post(
    State(door): State<Door>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let app = client(&door, &headers, &params).await?;
    let (member, scopes) = match params.text("grant_type").unwrap_or_default() {
        "authorization_code" => of_code(&door, &app, &params).await?,
        "client_credentials" => (None, of_app(&app, params.text("scope").unwrap_or_default())?),
        _ => {
            let why = "The authorization grant type is not supported by the authorization server.";
            return Err(ApiError::oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", why));
        }
    };
    let new = NewGrant {
        member,
        app: Some(&app),
        purpose: PURPOSE,
        name: &app.name,
        scopes: &scopes,
        ..NewGrant::default()
    };
    let (grant, token) = door.hub.grant(new).await?;
    if member.is_some() {
        door.hub.used(grant.id, "granted");
    }
    let answer = Answer::one(&json!({
        "access_token": token,
        "token_type": "Bearer",
        "scope": scopes,
        "created_at": grant.created_at.secs(),
    }));
    Ok(([(header::CACHE_CONTROL, "no-store")], answer).into_response())
}

async fn of_code(door: &Door, app: &App, params: &Params) -> Result<(Option<Id>, String), ApiError> {
    // The code is used up by the first attempt, right or wrong.
    let once =
        door.hub.once_take(CODE, params.text("code").unwrap_or_default()).await?.ok_or_else(invalid)?;
    let code: Code = serde_json::from_value(once.facts).map_err(|_| invalid())?;
    let same_place = params.text("redirect_uri").is_some_and(|uri| uri == code.redirect_uri);
    if code.app != app.id || !same_place || !proved(&code, params.text("code_verifier")) {
        return Err(invalid());
    }
    Ok((Some(once.member.ok_or_else(invalid)?), code.scopes))
}

/// RFC 7636, section 4.6.
fn proved(code: &Code, verifier: Option<&str>) -> bool {
    match (&code.challenge, verifier) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(challenge), Some(verifier)) => {
            let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
            verify_slices_are_equal(hash.as_bytes(), challenge.trim_end_matches('=').as_bytes()).is_ok()
        }
    }
}

fn of_app(app: &App, asked: &str) -> Result<String, ApiError> {
    let scopes = if asked.is_empty() {
        Some(scopes::DEFAULT.to_owned()).filter(|d| scopes::within(d, &app.scopes))
    } else {
        scopes::read(asked)
    };
    let scopes = scopes.unwrap_or_else(|| app.scopes.clone());
    if scopes::within(&scopes, &app.scopes) {
        Ok(scopes)
    } else {
        Err(ApiError::oauth(
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            "The requested scope is invalid, unknown, or malformed.",
        ))
    }
}

fn invalid() -> ApiError {
    ApiError::oauth(
        StatusCode::BAD_REQUEST,
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.",
    )
}
