//! The app that asks: by its id alone, or with its key (`private_key_jwt`, RFC 7523).

use super::{OAuthError, OAuthResult, client::Client, fields::Fields};
use crate::{
    crypto::{Jwk, sha256},
    jwt::Jwt,
    network::AtProto,
};
use landbridge_model::Time;
use std::{sync::Arc, time::Duration};

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Seconds that an assertion may be good, and that clocks may differ.
const LONGEST: i64 = 3600;
const SKEW: i64 = 60;
/// How long one is known to have been used: longer than any is good.
const REMEMBERED: Duration = Duration::from_secs(LONGEST as u64 + 3 * SKEW as u64);

/// An app that has shown who it is, as far as it can.
pub struct Asking {
    pub client: Arc<Client>,
    /// Thumbprint of its key; empty: it has none.
    pub key: String,
}

impl AtProto {
    pub(super) async fn authenticate(&self, fields: &Fields) -> OAuthResult<Asking> {
        let id = fields.required("client_id")?;
        let client = self.client(id).await?;
        let Some(keys) = &client.keys else {
            if fields.text("client_assertion").is_some() {
                return Err(OAuthError::unknown_client("the description of the app names no keys"));
            }
            return Ok(Asking { client, key: String::new() });
        };
        if fields.text("client_assertion_type") != Some(KIND) {
            return Err(OAuthError::unknown_client("this app has to show its key (private_key_jwt)"));
        }
        let assertion = fields.required("client_assertion")?;
        let issuer = self.options.pds_origin();
        let audiences = [issuer.to_owned(), format!("{issuer}/oauth/token"), format!("{issuer}/oauth/par")];
        let now = Time::now().secs();
        let checked = match check(assertion, id, keys, &audiences, now) {
            // It may have a new key since its description was read.
            Err(Wrong::Key) => {
                self.guard.clients.remove(id);
                let client = self.client(id).await?;
                let keys = client.keys.as_deref().unwrap_or_default();
                check(assertion, id, keys, &audiences, now).map(|checked| (client.clone(), checked))
            }
            other => other.map(|checked| (client.clone(), checked)),
        };
        let (client, (key, assertion)) = checked.map_err(|wrong| match wrong {
            Wrong::Key => OAuthError::unknown_client("the assertion is signed by none of the app's keys"),
            Wrong::Other(why) => OAuthError::unknown_client(why),
        })?;
        match self.is_first_use(&assertion, Time::now().plus(REMEMBERED)).await? {
            true => Ok(Asking { client, key }),
            false => Err(OAuthError::unknown_client("this assertion has been used")),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Wrong {
    Key,
    Other(&'static str),
}

/// Gives the thumbprint of the key, and what the assertion is remembered by.
fn check(
    assertion: &str,
    client: &str,
    keys: &[Jwk],
    audiences: &[String],
    now: i64,
) -> Result<(String, [u8; 32]), Wrong> {
    let no = Wrong::Other;
    let jwt = Jwt::read(assertion).ok_or(no("client_assertion is no token"))?;
    let claims = &jwt.claims;
    if claims.text("iss") != Some(client) || claims.text("sub") != Some(client) {
        return Err(no("client_assertion is about another app"));
    }
    if !audiences.iter().any(|audience| claims.is_for(audience)) {
        return Err(no("client_assertion is for another server"));
    }
    let id = claims
        .text("jti")
        .filter(|id| (1..=512).contains(&id.len()))
        .ok_or(no("client_assertion has no jti"))?;
    let expires = claims.seconds("exp");
    let made = claims.seconds("iat").ok_or(no("client_assertion has no iat"))?;
    if made > now + SKEW || expires.unwrap_or(made + SKEW) <= now - SKEW || made < now - LONGEST {
        return Err(no("client_assertion was not made now"));
    }
    if expires.is_some_and(|at| at > now + LONGEST + SKEW) {
        return Err(no("client_assertion would be good for too long"));
    }
    let named = |key: &&Jwk| jwt.header.kid.is_none() || key.kid.is_none() || jwt.header.kid == key.kid;
    let key = keys.iter().filter(named).find(|key| jwt.is_signed_by(&key.key)).ok_or(Wrong::Key)?;
    Ok((key.thumbprint().to_owned(), sha256(format!("assertion\0{client}\0{id}").as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::dpop::tests::{jwk, pair, token};
    use serde_json::json;

    #[test]
    fn an_app_shows_its_key() {
        let (pair, other) = (pair(), pair());
        let keys = [Jwk::from_json(&jwk(&pair)).unwrap()];
        let (client, now) = ("https://app.example.com/client.json", 1_800_000_000);
        let audiences = ["https://pds.example".to_owned()];
        let header = json!({ "alg": "ES256", "kid": "1" });
        let good = json!({ "iss": client, "sub": client, "aud": "https://pds.example", "jti": "1", "iat": now, "exp": now + 60 });
        let check_it = |claims: &serde_json::Value, pair| {
            check(&token(pair, &header, claims), client, &keys, &audiences, now).map(|(key, _)| key)
        };
        assert_eq!(check_it(&good, &pair).unwrap(), keys[0].thumbprint());
        assert_eq!(check_it(&good, &other), Err(Wrong::Key));
        for (claim, value) in [
            ("iss", json!("https://evil.example/client.json")),
            ("sub", json!("someone")),
            ("aud", json!("https://other.example")),
            ("jti", json!(null)),
            ("iat", json!(now + 100)),
            ("iat", json!(now - 4000)),
            ("exp", json!(now - 100)),
            ("exp", json!(now + 10_000)),
        ] {
            let mut claims = good.clone();
            claims[claim] = value.clone();
            assert!(matches!(check_it(&claims, &pair), Err(Wrong::Other(_))), "{claim} {value}");
        }
    }
}
