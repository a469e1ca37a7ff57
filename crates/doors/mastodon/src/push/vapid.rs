//! Who sends: a token signed with the server's own key (RFC 8292). Push services take messages for a subscription only from
//! the key that it was made for, so there is one for the life of the server.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_hub::{Config, Hub, HubError, NewKey, accounts::Key};
use landbridge_model::{Network, Time};
use serde_json::json;
use std::time::Duration;
use url::Url;

const KIND: &str = "vapid";
/// How long a token is good: a day at most (section 2).
const GOOD: Duration = Duration::from_secs(12 * 3600);

/// The server's key; made when it is first asked for.
pub(super) async fn key(hub: &Hub) -> Result<Key, HubError> {
    hub.server_key(None::<Network>, KIND, make).await
}

/// Its public half as apps take it: an uncompressed point in base64url.
pub(crate) async fn public_key(hub: &Hub) -> Result<String, HubError> {
    Ok(key(hub).await?.public)
}

/// A token for the push service at that address; `None` when the key is not one.
pub(super) fn token(key: &Key, endpoint: &Url, subject: &str, now: Time) -> Option<String> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.secret).ok()?;
    let header = json!({ "typ": "JWT", "alg": "ES256" });
    let audience = endpoint.origin().ascii_serialization();
    let claims = json!({ "aud": audience, "exp": now.plus(GOOD).secs(), "sub": subject });
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// Whom a push service may turn to (section 2.1).
pub(super) fn subject(config: &Config) -> String {
    match config.contact.contains('@') {
        true => format!("mailto:{}", config.contact),
        false => config.url("/"),
    }
}

// The generator of aws-lc seeds itself at start and has no failure that could be handled.
#[allow(clippy::panic)]
fn make() -> NewKey {
    let made = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
        .and_then(|pair| Ok((URL_SAFE_NO_PAD.encode(pair.public_key()), pair.to_pkcs8v1()?)));
    match made {
        Ok((public, secret)) => NewKey { kind: KIND, public, secret: secret.as_ref().to_vec() },
        Err(_) => panic!("the system gives no random numbers"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    #[test]
    fn a_token_names_the_service_and_is_signed() {
        let made = make();
        let key = Key { kind: KIND.into(), public: made.public, secret: made.secret };
        let endpoint =
            Url::parse("https://push.example.net:8443/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV?a=b").unwrap();
        let token =
            token(&key, &endpoint, "mailto:owner@example.org", Time::from_secs(1_700_000_000)).unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let open = |part: &str| {
            serde_json::from_slice::<serde_json::Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        assert_eq!(open(header), json!({ "typ": "JWT", "alg": "ES256" }));
        let wanted = json!({ "aud": "https://push.example.net:8443", "exp": 1_700_043_200, "sub": "mailto:owner@example.org" });
        assert_eq!(open(claims), wanted);
        let public = URL_SAFE_NO_PAD.decode(&key.public).unwrap();
        assert_eq!((public.len(), public[0]), (65, 4));
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public);
        public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    }
}
