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
use landbridge_hub::accounts::{App, Grant, NewGrant};
use landbridge_model::Id;
use serde_json::json;

pub(super) async fn post(
    State(door): State<Door>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let app = client(&door, &headers, &params).await?;
    let (grant, token) = match params.text("grant_type").unwrap_or_default() {
        "authorization_code" => of_code(&door, &app, &params).await?,
        "client_credentials" => {
            let scopes = of_app(&app, params.text("scope").unwrap_or_default())?;
            door.hub.grant(new_grant(&app, None, &scopes)).await?
        }
        _ => {
            let why = "The authorization grant type is not supported by the authorization server.";
            return Err(ApiError::oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", why));
        }
    };
    if grant.member.is_some() {
        door.hub.used(grant.id, "granted");
    }
    let answer = Answer::one(&json!({
        "access_token": token,
        "token_type": "Bearer",
        "scope": grant.scopes,
        "created_at": grant.created_at.secs(),
    }));
    Ok(([(header::CACHE_CONTROL, "no-store")], answer).into_response())
}

fn new_grant<'a>(app: &'a App, member: Option<Id>, scopes: &'a str) -> NewGrant<'a> {
    NewGrant { member, app: Some(app), purpose: PURPOSE, name: &app.name, scopes, ..NewGrant::default() }
}

async fn of_code(door: &Door, app: &App, params: &Params) -> Result<(Grant, String), ApiError> {
    let secret = params.text("code").unwrap_or_default();
    let once = door.hub.code(CODE, secret).await?.ok_or_else(invalid)?;
    let code: Code = serde_json::from_value(once.facts).map_err(|_| invalid())?;
    let same_place = params.text("redirect_uri").is_some_and(|uri| uri == code.redirect_uri);
    let (true, true, true, Some(member)) =
        (code.app == app.id, same_place, proved(&code, params.filled("code_verifier")), once.member)
    else {
        // A wrong attempt uses it up, too.
        door.hub.once_take(CODE, secret).await?;
        return Err(invalid());
    };
    let new = new_grant(app, Some(member), &code.scopes);
    door.hub.grant_for_code(CODE, secret, new).await?.ok_or_else(invalid)
}

/// RFC 7636, section 4.6. A verifier where no challenge was seen means that somebody took the challenge away on its way
/// here (RFC 9700, section 2.1.1).
fn proved(code: &Code, verifier: Option<&str>) -> bool {
    match (&code.challenge, verifier) {
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => false,
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
