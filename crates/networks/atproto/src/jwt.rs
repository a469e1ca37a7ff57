//! JSON web tokens (RFC 7519) in the compact form, with the three algorithms that are used here: ES256 and ES256K of accounts,
//! services and apps, HS256 for what only this server reads again.

use crate::crypto::{CryptoError, PublicKey, SigningKey};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// Longest token that is read, in bytes.
const LONGEST: usize = 16 << 10;

/// A token that was read; whether it is genuine is another question.
pub struct Jwt<'a> {
    pub header: Header,
    pub claims: Claims,
    signed: &'a str,
    signature: Vec<u8>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Header {
    pub alg: String,
    pub typ: Option<String>,
    pub kid: Option<String>,
    pub jwk: Option<Json>,
    /// Extensions that must be understood: none is.
    crit: Option<Json>,
}

/// What a token says.
#[derive(Clone, Debug, Deserialize)]
pub struct Claims(Map<String, Json>);

impl Claims {
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.0.get(claim)?.as_str()
    }

    /// Seconds since the epoch.
    pub fn seconds(&self, claim: &str) -> Option<i64> {
        let number = self.0.get(claim)?;
        // Some libraries write fractions.
        number.as_i64().or_else(|| number.as_f64().filter(|n| n.is_finite()).map(|n| n as i64))
    }

    pub fn get(&self, claim: &str) -> Option<&Json> {
        self.0.get(claim)
    }

    /// Whether it is made for that audience, alone or among others.
    pub fn is_for(&self, audience: &str) -> bool {
        match self.0.get("aud") {
            Some(Json::String(one)) => one == audience,
            Some(Json::Array(many)) => many.iter().any(|one| one == audience),
            _ => false,
        }
    }
}

impl<'a> Jwt<'a> {
    /// Reads `HEADER.CLAIMS.SIGNATURE`.
    pub fn read(text: &'a str) -> Option<Jwt<'a>> {
        if text.len() > LONGEST {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        header.crit.is_none().then_some(Jwt { header, claims, signed, signature })
    }

    /// Whether a key has signed it, with the algorithm of that key and no other. Either form of a signature counts: what
    /// browsers make is not held to the lower s.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.header.alg == key.curve().jwt_algorithm()
            && key.verify_either_s(self.signed.as_bytes(), &self.signature).is_ok()
    }

    /// Whether it was made by [`with_secret`].
    pub fn is_made_with(&self, secret: &[u8]) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        self.header.alg == "HS256" && hmac::verify(&key, self.signed.as_bytes(), &self.signature).is_ok()
    }
}

/// A token that this server alone can make and read.
pub fn with_secret(secret: &[u8], kind: &str, claims: &Json) -> String {
    let signed = unsigned(&json!({ "alg": "HS256", "typ": kind }), claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token that everybody can check who knows the key.
pub fn signed(key: &SigningKey, claims: &Json) -> Result<String, CryptoError> {
    let header = json!({ "alg": key.public().curve().jwt_algorithm(), "typ": "JWT" });
    let signed = unsigned(&header, claims);
    let signature = key.sign(signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn unsigned(header: &Json, claims: &Json) -> String {
    let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}", part(header), part(claims))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Curve;

    #[test]
    fn secrets_and_keys_are_told_apart() {
        let secret = [7; 32];
        let token =
            with_secret(&secret, "at+jwt", &json!({ "sub": "did:plc:x", "exp": 12.5, "aud": ["a", "b"] }));
        let read = Jwt::read(&token).unwrap();
        assert!(read.is_made_with(&secret));
        assert!(!read.is_made_with(&[8; 32]));
        assert_eq!(read.header.typ.as_deref(), Some("at+jwt"));
        assert_eq!(read.claims.text("sub"), Some("did:plc:x"));
        assert_eq!(read.claims.seconds("exp"), Some(12));
        assert!(read.claims.is_for("b") && !read.claims.is_for("c"));

        for curve in [Curve::K256, Curve::P256] {
            let key = SigningKey::generate(curve).unwrap();
            let token = signed(&key, &json!({ "iss": "did:plc:x" })).unwrap();
            let read = Jwt::read(&token).unwrap();
            assert!(read.is_signed_by(key.public()));
            assert!(!read.is_signed_by(SigningKey::generate(curve).unwrap().public()));
            // The public key is no secret: a token made "with" it is none of the account's.
            assert!(!read.is_made_with(&key.public().to_sec1()));
        }
    }

    #[test]
    fn no_algorithm_and_the_wrong_one_are_refused() {
        let key = SigningKey::generate(Curve::P256).unwrap();
        let claims = json!({ "sub": "did:plc:x" });
        let nothing = format!("{}.", unsigned(&json!({ "alg": "none" }), &claims));
        let read = Jwt::read(&nothing).unwrap();
        assert!(!read.is_signed_by(key.public()) && !read.is_made_with(b"") && !read.is_made_with(&[7; 32]));

        // The secret of HS256 is a public key: the classic confusion.
        let confused = with_secret(&key.public().to_sec1(), "JWT", &claims);
        assert!(!Jwt::read(&confused).unwrap().is_signed_by(key.public()));

        let forged = signed(&key, &claims).unwrap();
        let (head, signature) = forged.rsplit_once('.').unwrap();
        let (header, _) = head.split_once('.').unwrap();
        let changed = URL_SAFE_NO_PAD.encode(json!({ "sub": "did:plc:y" }).to_string());
        let changed = format!("{header}.{changed}.{signature}");
        assert!(!Jwt::read(&changed).unwrap().is_signed_by(key.public()));

        let critical = format!("{}.", unsigned(&json!({ "alg": "ES256", "crit": ["x"] }), &claims));
        assert!(Jwt::read(&critical).is_none());
        for bad in ["", ".", "..", "a.b.c", "e30.e30", &"e30.".repeat(9000)] {
            assert!(Jwt::read(bad).is_none(), "{bad:.40}");
        }
    }
}
