//! Public keys as JSON (RFC 7517, section 6.2 of RFC 7518), and their thumbprints (RFC 7638).

use super::{CryptoError, Curve, PublicKey, sha256};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value as Json;

/// A public key of one of the two curves, as an app shows it.
#[derive(Clone, Debug)]
pub struct Jwk {
    pub key: PublicKey,
    /// Name that its owner gave it.
    pub kid: Option<String>,
    thumbprint: String,
}

impl Jwk {
    /// From JSON. A key that shows its private half is refused: it is nobody's any more.
    pub fn from_json(json: &Json) -> Result<Jwk, CryptoError> {
        let text = |field: &str| json.get(field).and_then(Json::as_str);
        if text("kty") != Some("EC") || json.get("d").is_some() {
            return Err(CryptoError::Key);
        }
        let (curve, name) = match text("crv") {
            Some(name @ "P-256") => (Curve::P256, name),
            Some(name @ "secp256k1") => (Curve::K256, name),
            _ => return Err(CryptoError::Key),
        };
        if text("use").is_some_and(|of| of != "sig")
            || text("alg").is_some_and(|alg| alg != curve.jwt_algorithm())
        {
            return Err(CryptoError::Key);
        }
        let number = |field| {
            let bytes = text(field).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
            bytes.filter(|bytes| bytes.len() == 32).ok_or(CryptoError::Key)
        };
        let (x, y) = (number("x")?, number("y")?);
        let key = PublicKey::from_sec1(curve, &[&[4], &x[..], &y[..]].concat())?;
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let canonical = format!(r#"{{"crv":"{name}","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let thumbprint = URL_SAFE_NO_PAD.encode(sha256(canonical.as_bytes()));
        let kid = text("kid").filter(|kid| kid.len() <= 512).map(str::to_owned);
        Ok(Jwk { key, kid, thumbprint })
    }

    /// SHA-256 of the key, in base64url.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_of_both_curves_and_no_others() {
        // The example of RFC 7517, appendix A.1.
        let mut example = json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "kid": "1",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        });
        let key = Jwk::from_json(&example).unwrap();
        assert_eq!(key.thumbprint(), "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
        assert_eq!(key.kid.as_deref(), Some("1"));

        example["crv"] = json!("secp256k1");
        assert!(Jwk::from_json(&example).is_err(), "no point of that curve");
        example["crv"] = json!("P-256");
        example["d"] = json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE");
        assert!(Jwk::from_json(&example).is_err(), "the private half");
        for bad in [
            json!(null),
            json!({ "kty": "RSA", "n": "AQ", "e": "AQ" }),
            json!({ "kty": "EC", "crv": "P-256" }),
        ] {
            assert!(Jwk::from_json(&bad).is_err());
        }
    }
}
