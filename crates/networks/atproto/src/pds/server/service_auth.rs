//! `com.atproto.server.getServiceAuth`: a token by which a service is asked in the member's name.

use crate::{
    crypto::SigningKey,
    jwt, keys,
    network::AtProto,
    oauth::scopes::is_service,
    pds::{
        Access, XrpcError, XrpcResult,
        access::{PROTECTED, Rights, is_one_of, now},
        input::Params,
    },
    syntax::{Did, Nsid},
};
use axum::{Json, extract::State};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_hub::HubError;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Seconds that a token is good: when nothing is said, with a method at most, without one at most.
const USUAL: i64 = 60;
const LONGEST: i64 = 3600;
const LONGEST_FOR_ALL: i64 = 60;

#[derive(Deserialize)]
pub struct Wanted {
    aud: String,
    exp: Option<i64>,
    lxm: Option<String>,
}

pub async fn get(
    State(at): State<Arc<AtProto>>,
    access: Access,
    Params(wanted): Params<Wanted>,
) -> XrpcResult<Json<Value>> {
    let known = Did::parse(&wanted.aud).is_ok_and(|did| did.method().is_some() || at.hub.config().trial);
    if !known && !is_service(&wanted.aud) {
        return Err(XrpcError::invalid("aud must be a DID, or a service of one (DID#NAME)"));
    }
    if let Some(method) = &wanted.lxm {
        Nsid::parse(method).map_err(|_| XrpcError::invalid("lxm must be the NSID of a method"))?;
        if is_one_of(method, PROTECTED) {
            let why =
                format!("cannot request a service auth token for the following protected method: {method}");
            return Err(XrpcError::invalid(why));
        }
    }
    if matches!(access.rights, Rights::Takendown)
        && wanted.lxm.as_deref() != Some("com.atproto.server.createAccount")
    {
        return Err(XrpcError::new("InvalidToken", "Bad token scope"));
    }
    access.may_call(wanted.lxm.as_deref().unwrap_or("*"), &wanted.aud)?;
    let expires = lifetime(wanted.exp, wanted.lxm.is_some(), now())?;
    let key = keys::signing_key(&at.hub, access.member).await?;
    let token = service_token(&key, &access.did, &wanted.aud, wanted.lxm.as_deref(), expires)?;
    access.used(&at, "made a token for another service");
    Ok(Json(json!({ "token": token })))
}

/// When the token ends, in seconds since the epoch.
fn lifetime(asked: Option<i64>, for_one_method: bool, now: i64) -> XrpcResult<i64> {
    let no = |why| Err(XrpcError::new("BadExpiration", why));
    match asked.map(|at| at - now) {
        None => Ok(now + USUAL),
        Some(seconds) if seconds < 0 => no("expiration is in past"),
        Some(seconds) if seconds > LONGEST => {
            no("cannot request a token with an expiration more than an hour in the future")
        }
        Some(seconds) if !for_one_method && seconds > LONGEST_FOR_ALL => {
            no("cannot request a method-less token with an expiration more than a minute in the future")
        }
        Some(seconds) => Ok(now + seconds),
    }
}

/// A token of an account for a service. `expires`: seconds since the epoch.
pub fn service_token(
    key: &SigningKey,
    did: &Did,
    service: &str,
    method: Option<&str>,
    expires: i64,
) -> Result<String, HubError> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| HubError::Damaged("no randomness"))?;
    let mut claims = json!({
        "iat": now(), "iss": did, "aud": service, "exp": expires, "jti": URL_SAFE_NO_PAD.encode(random),
    });
    if let Some(method) = method {
        claims["lxm"] = json!(method);
    }
    jwt::signed(key, &claims).map_err(|_| HubError::Damaged("a member's signing key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_do_not_live_long() {
        let now = 1_800_000_000;
        assert_eq!(lifetime(None, true, now).unwrap(), now + 60);
        assert_eq!(lifetime(Some(now + 3600), true, now).unwrap(), now + 3600);
        for (asked, for_one) in [(now - 1, true), (now + 3601, true), (now + 61, false)] {
            assert_eq!(lifetime(Some(asked), for_one, now).unwrap_err().error, "BadExpiration");
        }
        assert!(lifetime(Some(now + 60), false, now).is_ok());
    }
}
