//! The app that asks for or gives back a token: by its secret in the body or in a Basic header (RFC 6749, section 2.3.1).

use crate::{door::Door, error::ApiError, params::Params};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header};
use landbridge_hub::{HubError, accounts::App};

pub(super) async fn client(door: &Door, headers: &HeaderMap, params: &Params) -> Result<App, ApiError> {
    let (id, secret) = basic(headers)
        .or_else(|| {
            Some((params.filled("client_id")?.to_owned(), params.filled("client_secret")?.to_owned()))
        })
        .ok_or_else(unknown)?;
    match door.hub.app_with_secret(&id, &secret).await {
        Err(HubError::Unauthorized | HubError::NotFound) => Err(unknown()),
        app => Ok(app?),
    }
}

fn unknown() -> ApiError {
    ApiError::oauth(
        StatusCode::UNAUTHORIZED,
        "invalid_client",
        "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
    )
}

pub(crate) fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, coded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = String::from_utf8(STANDARD.decode(coded.trim()).ok()?).ok()?;
    let (id, secret) = plain.split_once(':')?;
    let decode = |text: &str| {
        url::form_urlencoded::parse(format!("x={text}").as_bytes()).next().map(|(_, v)| v.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}
