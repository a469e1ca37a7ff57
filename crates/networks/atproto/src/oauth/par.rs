//! `POST /oauth/par` (RFC 9126): what an app wants to ask a member, put down before the browser goes anywhere. There is no other way
//! to ask.

use super::{
    OAuthError, OAuthResult,
    authenticate::Asking,
    client::Client,
    fields::Fields,
    scopes::{self, Scope, Scopes},
};
use crate::{
    network::AtProto,
    pds::{access::Limit, input::Caller},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_hub::{HubError, accounts::Once};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{sync::Arc, time::Duration};

pub const PURPOSE: &str = "atproto-request";
pub const PREFIX: &str = "urn:ietf:params:oauth:request_uri:req-";
/// Seconds in which the browser should come.
const ANNOUNCED: u64 = 299;
/// How long a person may take to decide.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// What an app asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    pub client: String,
    pub redirect_uri: String,
    pub scope: String,
    /// What permission sets among the scopes hold.
    pub included: Vec<String>,
    pub state: String,
    pub challenge: String,
    /// In the part of the address behind `#`, and not behind `?`.
    pub fragment: bool,
    pub login_hint: Option<String>,
    pub prompt: Option<String>,
    /// Thumbprints of the key of the proofs, and of the app.
    pub key: String,
    pub client_key: String,
}

pub async fn push(
    State(at): State<Arc<AtProto>>,
    caller: Caller,
    headers: HeaderMap,
    fields: Fields,
) -> OAuthResult<Response> {
    at.guard.limits.take(Limit::Authorize, &caller.key(), 1)?;
    let proof = at.proof(&Method::POST, "/oauth/par", &headers).await?;
    let Asking { client, key } = at.authenticate(&fields).await?;
    if fields.text("dpop_jkt").is_some_and(|wanted| wanted != proof.thumbprint) {
        return Err(OAuthError::new("invalid_dpop_proof", "dpop_jkt is another key"));
    }
    let scope = scope(&fields, &client)?;
    let asked = fields.required("redirect_uri")?;
    let redirect_uri = client.redirect(asked);
    let redirect_uri = redirect_uri
        .ok_or_else(|| OAuthError::request("redirect_uri is not in the description of the app"))?;
    let request = Request {
        client: client.id.clone(),
        redirect_uri,
        included: at.included(&Scopes::held(&scope)).await?,
        scope,
        state: fields.required("state")?.to_owned(),
        challenge: challenge(&fields)?,
        fragment: fragment(&fields)?,
        login_hint: fields.text("login_hint").map(str::to_owned),
        prompt: prompt(&fields)?,
        key: proof.thumbprint,
        client_key: key,
    };
    if request.state.len() > 2000 || request.login_hint.as_ref().is_some_and(|hint| hint.len() > 300) {
        return Err(OAuthError::request("state or login_hint is too long"));
    }
    let facts = serde_json::to_value(&request).map_err(|_| HubError::Damaged("a request"))?;
    let secret = at.hub.once(Once { purpose: PURPOSE.into(), member: None, facts }, LIFETIME).await?;
    let body = Json(json!({ "request_uri": format!("{PREFIX}{secret}"), "expires_in": ANNOUNCED }));
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// What of the scopes that an app asks for can be granted. Those that are not known here cannot be told in words, so nobody can
/// consent to them; the app reads in the answer that it has not got them.
fn scope(fields: &Fields, client: &Client) -> OAuthResult<String> {
    let mut asked = asked(fields)?;
    if let Some(beyond) = asked.iter().find(|scope| !client.names(scope)) {
        let why =
            format!("the description of the app does not name all scopes that it asks for ({beyond:.200})");
        return Err(OAuthError::new("invalid_scope", why));
    }
    asked.retain(|scope| Scope::read(scope).is_some());
    Ok(asked.join(" "))
}

fn asked(fields: &Fields) -> OAuthResult<Vec<&str>> {
    if fields.text("response_type") != Some("code") {
        return Err(OAuthError::new("unsupported_response_type", "response_type must be code"));
    }
    if fields.text("request").is_some() || fields.text("request_uri").is_some() {
        return Err(OAuthError::new(
            "request_not_supported",
            "what is asked for stands in the fields themselves",
        ));
    }
    let scopes = scopes::written(fields.text("scope").unwrap_or_default());
    scopes
        .ok_or_else(|| OAuthError::new("invalid_scope", "scope needs atproto, and a length that can be read"))
}

fn challenge(fields: &Fields) -> OAuthResult<String> {
    if fields.text("code_challenge_method") != Some("S256") {
        return Err(OAuthError::request("code_challenge_method must be S256"));
    }
    let challenge = fields.required("code_challenge")?;
    let is_hash = URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|hash| hash.len() == 32);
    if is_hash { Ok(challenge.to_owned()) } else { Err(OAuthError::request("code_challenge is no SHA-256")) }
}

fn fragment(fields: &Fields) -> OAuthResult<bool> {
    match fields.text("response_mode") {
        None | Some("query") => Ok(false),
        Some("fragment") => Ok(true),
        Some(_) => Err(OAuthError::request("response_mode is query or fragment")),
    }
}

fn prompt(fields: &Fields) -> OAuthResult<Option<String>> {
    match fields.text("prompt") {
        None => Ok(None),
        Some(prompt @ ("none" | "login" | "consent" | "select_account" | "create")) => {
            Ok(Some(prompt.to_owned()))
        }
        Some(_) => Err(OAuthError::request("this prompt is not known here")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields {
        Fields::read(text.as_bytes(), false).unwrap()
    }

    #[test]
    fn challenges_are_hashes() {
        let good = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        assert!(challenge(&fields(&format!("code_challenge={good}&code_challenge_method=S256"))).is_ok());
        for bad in [
            format!("code_challenge={good}&code_challenge_method=plain"),
            format!("code_challenge={good}"),
            "code_challenge=short&code_challenge_method=S256".into(),
            "code_challenge_method=S256".into(),
        ] {
            assert!(challenge(&fields(&bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(asked(&fields("response_type=code&scope=atproto")).is_ok());
        for bad in [
            "response_type=token&scope=atproto",
            "response_type=code&scope=openid",
            "response_type=code",
            "response_type=code&scope=atproto&request=x",
        ] {
            assert!(asked(&fields(bad)).is_err(), "{bad}");
        }
        assert!(fragment(&fields("response_mode=form_post")).is_err());
        assert!(prompt(&fields("prompt=create")).is_ok());
        assert!(prompt(&fields("prompt=admin")).is_err());
    }
}
