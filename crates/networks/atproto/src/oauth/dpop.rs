//! Proofs that who asks holds the key to which a token is bound (DPoP, RFC 9449). Each is good once, for one method and one
//! address, and carries a nonce that we gave out some minutes ago at most. That it was used stands in the database for as
//! long as its nonce is good, so neither a restart nor another node makes it good again.

use crate::{
    crypto::{Curve, Jwk, sha256},
    jwt::Jwt,
    network::AtProto,
    pds::{XrpcError, XrpcResult},
};
use aws_lc_rs::hmac;
use axum::http::{HeaderMap, Method, StatusCode};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_model::Time;
use std::time::Duration;

/// A nonce is given out for so long, and good as long again: five minutes at most.
const NONCE_SECONDS: i64 = 150;
/// Seconds that clocks of apps may be off.
const SKEW: i64 = 300;
/// How long a proof is known to have been used: longer than its nonce is good, with a minute that clocks of nodes may be off.
const REMEMBERED: Duration = Duration::from_secs(2 * NONCE_SECONDS as u64 + 60);

/// The name of the error that sends an app back for a nonce.
pub const USE_NONCE: &str = "use_dpop_nonce";
const INVALID: &str = "invalid_dpop_proof";

/// A proof that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Of the key.
    pub thumbprint: String,
    /// What it is remembered by.
    id: [u8; 32],
}

/// What is wrong with a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// No nonce, or one that is too old.
    Nonce,
    Other(&'static str),
}

/// What a proof must be about.
pub struct Expected<'a> {
    pub method: &'a str,
    /// Without query.
    pub url: &'a str,
    /// The token that goes with it.
    pub token: Option<&'a str>,
    /// Seconds since the epoch.
    pub now: i64,
}

impl AtProto {
    /// The proof of a request, used up by it. Errors are named as a resource server does.
    pub async fn proof(&self, method: &Method, path: &str, headers: &HeaderMap) -> XrpcResult<Proof> {
        let proof = self.proof_shown(method, path, headers, None).await?;
        self.use_proof(&proof).await?;
        Ok(proof)
    }

    /// The same, to be used up ([`AtProto::use_proof`]) when the token that goes with it has proved to be good: strangers
    /// write nothing.
    pub async fn proof_shown(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        token: Option<&str>,
    ) -> XrpcResult<Proof> {
        let url = format!("{}{path}", self.options.pds_origin());
        let expected = Expected { method: method.as_str(), url: &url, token, now: Time::now().secs() };
        let mut proofs = headers.get_all("dpop").iter();
        let (one, more) = (proofs.next(), proofs.next());
        let one = one.filter(|_| more.is_none()).and_then(|proof| proof.to_str().ok());
        let checked = match one {
            Some(proof) => check(proof, &expected, &self.secret().await?),
            None => Err(Wrong::Other("one DPoP proof is needed")),
        };
        checked.map_err(|wrong| match wrong {
            Wrong::Nonce => refused(USE_NONCE, "the DPoP proof needs the newest nonce"),
            Wrong::Other(why) => refused(INVALID, why),
        })
    }

    /// Fails when it was used before, here or on another node.
    pub async fn use_proof(&self, proof: &Proof) -> XrpcResult<()> {
        match self.is_first_use(&proof.id, Time::now().plus(REMEMBERED)).await? {
            true => Ok(()),
            false => Err(refused(INVALID, "this DPoP proof has been used")),
        }
    }

    /// The nonce that apps shall use now.
    pub async fn nonce(&self) -> XrpcResult<String> {
        Ok(nonce(&self.secret().await?, Time::now().secs() / NONCE_SECONDS))
    }
}

fn refused(error: &'static str, why: &str) -> XrpcError {
    XrpcError { status: StatusCode::UNAUTHORIZED, error, message: why.into() }
}

fn nonce(secret: &[u8], window: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, format!("landbridge dpop nonce\0{window}").as_bytes()))
}

/// Checks everything but whether it was used before.
pub fn check(proof: &str, expected: &Expected<'_>, secret: &[u8]) -> Result<Proof, Wrong> {
    let no = Wrong::Other;
    let jwt = Jwt::read(proof).ok_or(no("the DPoP proof is no token"))?;
    if jwt.header.typ.as_deref() != Some("dpop+jwt") {
        return Err(no("the DPoP proof is another kind of token"));
    }
    let key = jwt.header.jwk.as_ref().and_then(|jwk| Jwk::from_json(jwk).ok());
    let key =
        key.filter(|key| key.key.curve() == Curve::P256).ok_or(no("the DPoP proof needs a key of P-256"))?;
    if !jwt.is_signed_by(&key.key) {
        return Err(no("the DPoP proof is not signed by its key"));
    }
    if jwt.claims.text("htm") != Some(expected.method) {
        return Err(no("the DPoP proof is for another method"));
    }
    let url = jwt.claims.text("htu").unwrap_or_default();
    if url.split(['?', '#']).next() != Some(expected.url) {
        return Err(no("the DPoP proof is for another address"));
    }
    let id = jwt.claims.text("jti").filter(|id| (1..=512).contains(&id.len()));
    let id = id.ok_or(no("the DPoP proof has no jti"))?;
    match jwt.claims.seconds("iat") {
        Some(at) if (expected.now - SKEW..=expected.now + SKEW).contains(&at) => {}
        _ => return Err(no("the DPoP proof was not made now")),
    }
    if jwt.claims.seconds("exp").is_some_and(|at| at <= expected.now) {
        return Err(no("the DPoP proof has expired"));
    }
    let window = expected.now / NONCE_SECONDS;
    let given = jwt.claims.text("nonce").unwrap_or_default().as_bytes();
    let fits =
        |nonce: String| aws_lc_rs::constant_time::verify_slices_are_equal(nonce.as_bytes(), given).is_ok();
    if !fits(nonce(secret, window)) && !fits(nonce(secret, window - 1)) {
        return Err(Wrong::Nonce);
    }
    let hash = expected.token.map(|token| URL_SAFE_NO_PAD.encode(sha256(token.as_bytes())));
    if hash.is_some() && jwt.claims.text("ath") != hash.as_deref() {
        return Err(no("the DPoP proof is for another token"));
    }
    let thumbprint = key.thumbprint().to_owned();
    let id = sha256(format!("{thumbprint}\0{id}").as_bytes());
    Ok(Proof { thumbprint, id })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::crypto::SigningKey;
    use serde_json::{Value, json};

    pub(crate) fn jwk(pair: &aws_lc_rs::signature::EcdsaKeyPair) -> Value {
        use aws_lc_rs::signature::KeyPair;
        let point = pair.public_key().as_ref();
        let part = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 32]);
        json!({ "kty": "EC", "crv": "P-256", "x": part(1), "y": part(33) })
    }

    pub(crate) fn pair() -> aws_lc_rs::signature::EcdsaKeyPair {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
    }

    pub(crate) fn token(pair: &aws_lc_rs::signature::EcdsaKeyPair, header: &Value, claims: &Value) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = pair.sign(&aws_lc_rs::rand::SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    const NOW: i64 = 1_800_000_000;
    const SECRET: &[u8] = &[7; 32];

    fn expected<'a>(token: Option<&'a str>) -> Expected<'a> {
        Expected { method: "POST", url: "https://pds.example/oauth/token", token, now: NOW }
    }

    #[test]
    fn a_proof_is_about_one_request() {
        let pair = pair();
        let header = json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": jwk(&pair) });
        let good = json!({
            "jti": "1", "htm": "POST", "htu": "https://pds.example/oauth/token?x=y", "iat": NOW,
            "nonce": nonce(SECRET, NOW / NONCE_SECONDS),
        });
        let check_it = |header: &Value, claims: &Value, wanted: Option<&str>| {
            check(&token(&pair, header, claims), &expected(wanted), SECRET).map(|proof| proof.id)
        };
        let first = check_it(&header, &good, None).unwrap();
        // Signed anew, it is the same proof: by what it is remembered does not depend on the signature.
        assert_eq!(check_it(&header, &good, None).unwrap(), first);

        let with = |claim: &str, value: Value| {
            let mut claims = good.clone();
            claims[claim] = value;
            claims
        };
        assert_ne!(check_it(&header, &with("jti", json!("2")), None).unwrap(), first);
        for (claim, value) in [
            ("htm", json!("GET")),
            ("htu", json!("https://pds.example/oauth/par")),
            ("htu", json!("https://evil.example/oauth/token")),
            ("htu", json!("https://pds.example/oauth/token/x")),
            ("jti", json!("")),
            ("jti", json!(null)),
            ("iat", json!(NOW - 301)),
            ("iat", json!(NOW + 301)),
            ("iat", json!(null)),
            ("exp", json!(NOW - 1)),
        ] {
            let wrong = check_it(&header, &with(claim, value.clone()), None);
            assert!(matches!(wrong, Err(Wrong::Other(_))), "{claim} {value}");
        }
        for stale in [
            json!(null),
            json!("x"),
            json!(nonce(SECRET, NOW / NONCE_SECONDS - 2)),
            json!(nonce(&[8; 32], NOW / NONCE_SECONDS)),
        ] {
            assert_eq!(check_it(&header, &with("nonce", stale), None), Err(Wrong::Nonce));
        }
        let before = json!(nonce(SECRET, NOW / NONCE_SECONDS - 1));
        assert!(check_it(&header, &with("nonce", before), None).is_ok());

        // With a token, the proof names it.
        assert!(matches!(check_it(&header, &good, Some("token")), Err(Wrong::Other(_))));
        let hash = URL_SAFE_NO_PAD.encode(sha256(b"token"));
        assert!(check_it(&header, &with("ath", json!(hash)), Some("token")).is_ok());
        assert!(check_it(&header, &with("ath", json!(hash)), Some("other")).is_err());
    }

    #[test]
    fn the_key_has_to_fit() {
        let (pair, other) = (pair(), pair());
        let claims = json!({
            "jti": "1", "htm": "POST", "htu": "https://pds.example/oauth/token", "iat": NOW,
            "nonce": nonce(SECRET, NOW / NONCE_SECONDS),
        });
        let k256 = SigningKey::generate(Curve::K256).unwrap();
        let mut private = jwk(&pair);
        private["d"] = json!("AAAA");
        for header in [
            json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": jwk(&other) }),
            json!({ "alg": "ES256", "typ": "JWT", "jwk": jwk(&pair) }),
            json!({ "alg": "ES256K", "typ": "dpop+jwt", "jwk": jwk(&pair) }),
            json!({ "alg": "none", "typ": "dpop+jwt", "jwk": jwk(&pair) }),
            json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": private }),
            json!({ "alg": "ES256", "typ": "dpop+jwt" }),
        ] {
            let proof = token(&pair, &header, &claims);
            assert!(matches!(check(&proof, &expected(None), SECRET), Err(Wrong::Other(_))), "{header}");
        }
        let proof = crate::jwt::signed(&k256, &claims).unwrap();
        assert!(check(&proof, &expected(None), SECRET).is_err());
    }
}
