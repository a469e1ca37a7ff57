//! DID documents (<https://atproto.com/specs/did#did-documents>), as far as an account needs them.

use crate::{
    crypto::{Curve, PublicKey},
    syntax::{Did, Handle},
};
use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::{Value as Json, json};
use url::Url;

/// Longest document that is read, in bytes.
const MAX_DOCUMENT: usize = 64 << 10;

/// Names, keys and services that are kept of one document, each.
const MAX_ENTRIES: usize = 64;

/// What a document says. Whether it says so of whom it should is checked; whether the handle leads back is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DidDocument {
    pub did: Did,
    /// URIs of other names; see [`DidDocument::handle`].
    pub also_known_as: Vec<String>,
    /// Keys by name, such as `atproto`; only those of a known kind.
    pub keys: Vec<(String, PublicKey)>,
    /// Services by name, such as `atproto_pds`.
    pub services: Vec<(String, ServiceEntry)>,
}

/// A service of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEntry {
    /// Such as `AtprotoPersonalDataServer`.
    pub kind: String,
    /// As written; see [`ServiceEntry::origin`].
    pub endpoint: String,
}

/// Bytes that are not the document of the DID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    #[error("more than {MAX_DOCUMENT} bytes")]
    TooLong,
    #[error("not a DID document: {0}")]
    Json(String),
    #[error("the document of {0}")]
    OfAnother(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: String,
    #[serde(default, deserialize_with = "lenient")]
    also_known_as: Vec<String>,
    #[serde(default, deserialize_with = "lenient")]
    verification_method: Vec<Method>,
    #[serde(default, deserialize_with = "lenient")]
    service: Vec<Service>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Method {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    controller: String,
    public_key_multibase: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Service {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    service_endpoint: String,
}

/// A list of which entries of other shapes are left out: documents hold things of other protocols.
fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Entry<T> {
        Fits(T),
        Other(IgnoredAny),
    }
    let list = Option::<Vec<Entry<T>>>::deserialize(deserializer)?.unwrap_or_default();
    let fits = list.into_iter().filter_map(|entry| match entry {
        Entry::Fits(entry) => Some(entry),
        Entry::Other(_) => None,
    });
    Ok(fits.take(MAX_ENTRIES).collect())
}

impl DidDocument {
    /// Reads the document of a DID.
    pub fn parse(did: &Did, json: &[u8]) -> Result<DidDocument, DocumentError> {
        if json.len() > MAX_DOCUMENT {
            return Err(DocumentError::TooLong);
        }
        let wire: Wire = serde_json::from_slice(json).map_err(|e| DocumentError::Json(e.to_string()))?;
        if *did != *wire.id {
            return Err(DocumentError::OfAnother(wire.id.chars().take(100).collect()));
        }
        let keys = wire.verification_method.iter().filter_map(|method| {
            // Someone else's key in here proves nothing.
            let own = *did == *method.controller;
            Some((fragment(did, &method.id).filter(|_| own)?.to_owned(), key(method)?))
        });
        let services = wire.service.iter().filter_map(|service| {
            let entry =
                ServiceEntry { kind: service.kind.clone(), endpoint: service.service_endpoint.clone() };
            Some((fragment(did, &service.id)?.to_owned(), entry))
        });
        Ok(DidDocument {
            did: did.clone(),
            keys: keys.collect(),
            services: services.collect(),
            also_known_as: wire.also_known_as,
        })
    }

    /// The handle claimed: the first `at://` name that is one. It counts only if it leads back to the DID.
    pub fn handle(&self) -> Option<Handle> {
        self.also_known_as.iter().find_map(|name| Handle::parse(name.strip_prefix("at://")?).ok())
    }

    /// The first key of that name. `atproto` signs commits and tokens of the account, `atproto_label` labels.
    pub fn key(&self, name: &str) -> Option<&PublicKey> {
        self.keys.iter().find(|(own, _)| own == name).map(|(_, key)| key)
    }

    /// The first service of that name, as in `DID#NAME` of a proxy header.
    pub fn service(&self, name: &str) -> Option<&ServiceEntry> {
        self.services.iter().find(|(own, _)| own == name).map(|(_, service)| service)
    }

    /// The key that signs the repository.
    pub fn signing_key(&self) -> Option<&PublicKey> {
        self.key("atproto")
    }

    /// The origin of the account's server.
    pub fn pds(&self) -> Option<Url> {
        self.service("atproto_pds").filter(|service| service.kind == "AtprotoPersonalDataServer")?.origin()
    }

    /// The document as JSON, as a PLC directory or the host of a `did:web` shows it.
    pub fn to_json(&self) -> Json {
        let did = &self.did;
        json!({
            "@context": [
                "https://www.w3.org/ns/did/v1",
                "https://w3id.org/security/multikey/v1",
                "https://w3id.org/security/suites/secp256k1-2019/v1",
            ],
            "id": did,
            "alsoKnownAs": self.also_known_as,
            "verificationMethod": self.keys.iter().map(|(name, key)| json!({
                "id": format!("{did}#{name}"),
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": key.to_multikey(),
            })).collect::<Vec<_>>(),
            "service": self.services.iter().map(|(name, service)| json!({
                "id": format!("#{name}"),
                "type": service.kind,
                "serviceEndpoint": service.endpoint,
            })).collect::<Vec<_>>(),
        })
    }
}

impl ServiceEntry {
    /// The endpoint, if it is an origin: http or https, a host, nothing behind it. Where the host is (a private network?)
    /// is for who fetches to check.
    pub fn origin(&self) -> Option<Url> {
        let url = Url::parse(&self.endpoint).ok().filter(|_| self.endpoint.len() <= 2048)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        plain.then_some(url)
    }
}

/// The name behind `#`, if the id is of this DID.
fn fragment<'a>(did: &Did, id: &'a str) -> Option<&'a str> {
    let (of, name) = id.split_once('#')?;
    (of.is_empty() || *did == *of).then_some(name).filter(|name| !name.is_empty() && name.len() <= 128)
}

fn key(method: &Method) -> Option<PublicKey> {
    let text = &method.public_key_multibase;
    match method.kind.as_str() {
        "Multikey" => PublicKey::from_multikey(text),
        "EcdsaSecp256k1VerificationKey2019" => PublicKey::from_multibase(Curve::K256, text),
        "EcdsaSecp256r1VerificationKey2019" => PublicKey::from_multibase(Curve::P256, text),
        _ => return None,
    }
    .ok()
}
