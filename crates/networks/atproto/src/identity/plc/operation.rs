//! One operation: what it says, its signature, its name.

use crate::{
    crypto::{CryptoError, PublicKey, SigningKey},
    data::{Cid, JsonError, Map, Value, cbor},
    identity::{DidDocument, ServiceEntry},
    syntax::{Did, Handle},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Longest operation, in bytes of DAG-CBOR.
pub const MAX_OPERATION: usize = 7500;

/// What is true of an account after an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlcData {
    /// `did:key`s that may sign the next operation, the mightier first.
    pub rotation_keys: Vec<String>,
    /// Names and `did:key`s; `atproto` signs the repository.
    pub verification_methods: Vec<(String, String)>,
    /// URIs; `at://HANDLE` first.
    pub also_known_as: Vec<String>,
    pub services: Vec<(String, Service)>,
}

/// A service of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub kind: String,
    pub endpoint: String,
}

/// What an operation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The first one, or a change of everything.
    Set { data: PlcData, prev: Option<Cid> },
    /// The end of the account.
    Tombstone { prev: Cid },
    /// The first one in the form of 2022; read, never written.
    LegacyCreate { signing_key: String, recovery_key: String, handle: String, service: String },
}

/// An operation with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub operation: Operation,
    /// base64url without padding, of 64 bytes.
    pub sig: String,
}

/// An operation that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    #[error(transparent)]
    Json(#[from] JsonError),
    #[error("the field {0} is missing or not what it should be")]
    Field(&'static str),
    #[error("more than {MAX_OPERATION} bytes")]
    TooLong,
    #[error("too many or too few, or one twice: {0}")]
    Count(&'static str),
    #[error(transparent)]
    Signature(#[from] CryptoError),
}

impl PlcData {
    /// What a server asks for a member: the member's own recovery key first, then the server's.
    pub fn for_account(
        rotation_keys: &[&PublicKey],
        signing_key: &PublicKey,
        handle: &Handle,
        pds: &str,
    ) -> PlcData {
        let service = Service { kind: "AtprotoPersonalDataServer".into(), endpoint: pds.to_owned() };
        PlcData {
            rotation_keys: rotation_keys.iter().map(|key| key.to_did_key()).collect(),
            verification_methods: vec![("atproto".into(), signing_key.to_did_key())],
            also_known_as: vec![format!("at://{handle}")],
            services: vec![("atproto_pds".into(), service)],
        }
    }

    /// The bounds that a directory sets to new operations. Old logs may be wider.
    pub fn check(&self) -> Result<(), OperationError> {
        let keys = &self.rotation_keys;
        let twice = keys.iter().enumerate().any(|(at, key)| keys.iter().take(at).any(|other| other == key));
        if !(1..=5).contains(&keys.len()) || twice {
            return Err(OperationError::Count("rotationKeys"));
        }
        for key in keys {
            PublicKey::from_did_key(key)?;
        }
        let methods = &self.verification_methods;
        if methods.len() > 10 || methods.iter().any(|(name, key)| name.len() > 32 || !is_did_key(key)) {
            return Err(OperationError::Count("verificationMethods"));
        }
        if let Some((_, key)) = methods.iter().find(|(name, _)| name == "atproto") {
            PublicKey::from_did_key(key)?;
        }
        let names = &self.also_known_as;
        let name_twice = names.iter().enumerate().any(|(at, name)| names.iter().take(at).any(|n| n == name));
        if names.len() > 10 || name_twice || names.iter().any(|name| name.len() > 258 || !name.contains(':'))
        {
            return Err(OperationError::Count("alsoKnownAs"));
        }
        let wide = |(name, service): &(String, Service)| {
            name.len() > 32 || service.kind.len() > 256 || service.endpoint.len() > 512
        };
        if self.services.len() > 10 || self.services.iter().any(wide) {
            return Err(OperationError::Count("services"));
        }
        Ok(())
    }

    /// The DID document that a directory shows.
    pub fn document(&self, did: Did) -> DidDocument {
        let keys = self
            .verification_methods
            .iter()
            .filter_map(|(name, key)| Some((name.clone(), PublicKey::from_did_key(key).ok()?)));
        let services = self.services.iter().map(|(name, service)| {
            let Service { kind, endpoint } = service.clone();
            (name.clone(), ServiceEntry { kind, endpoint })
        });
        DidDocument {
            did,
            also_known_as: self.also_known_as.clone(),
            keys: keys.collect(),
            services: services.collect(),
        }
    }
}

fn is_did_key(text: &str) -> bool {
    text.len() <= 256 && text.strip_prefix("did:key:z").is_some_and(|rest| !rest.is_empty())
}

impl Operation {
    /// The operation before; `None` for the first one.
    pub fn prev(&self) -> Option<Cid> {
        match self {
            Operation::Set { prev, .. } => *prev,
            Operation::Tombstone { prev } => Some(*prev),
            Operation::LegacyCreate { .. } => None,
        }
    }

    /// What is true after it; nothing after the end.
    pub fn data(&self) -> Option<PlcData> {
        match self {
            Operation::Set { data, .. } => Some(data.clone()),
            Operation::Tombstone { .. } => None,
            Operation::LegacyCreate { signing_key, recovery_key, handle, service } => {
                let with_scheme = |text: &str, scheme: &str, known: &[&str]| {
                    if known.iter().any(|k| text.starts_with(k)) {
                        text.to_owned()
                    } else {
                        format!("{scheme}{text}")
                    }
                };
                let endpoint = with_scheme(service, "https://", &["http://", "https://"]);
                let handle = handle.replace("http://", "").replace("https://", "");
                let service = Service { kind: "AtprotoPersonalDataServer".into(), endpoint };
                Some(PlcData {
                    rotation_keys: vec![recovery_key.clone(), signing_key.clone()],
                    verification_methods: vec![("atproto".into(), signing_key.clone())],
                    also_known_as: vec![with_scheme(&handle, "at://", &["at://"])],
                    services: vec![("atproto_pds".into(), service)],
                })
            }
        }
    }

    fn to_map(&self) -> Map {
        let pairs = |list: &[(String, String)]| -> Map {
            list.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect()
        };
        let prev = |prev: &Option<Cid>| prev.map_or(Value::Null, |cid| Value::Text(cid.to_string()));
        match self {
            Operation::Set { data, prev: before } => {
                let service = |(name, service): &(String, Service)| {
                    let fields = Map::new()
                        .with("type", service.kind.as_str())
                        .with("endpoint", service.endpoint.as_str());
                    (name.clone(), Value::Map(fields))
                };
                Map::new()
                    .with("type", "plc_operation")
                    .with("rotationKeys", data.rotation_keys.clone())
                    .with("verificationMethods", pairs(&data.verification_methods))
                    .with("alsoKnownAs", data.also_known_as.clone())
                    .with("services", data.services.iter().map(service).collect::<Map>())
                    .with("prev", prev(before))
            }
            Operation::Tombstone { prev: before } => {
                Map::new().with("type", "plc_tombstone").with("prev", prev(&Some(*before)))
            }
            Operation::LegacyCreate { signing_key, recovery_key, handle, service } => Map::new()
                .with("type", "create")
                .with("signingKey", signing_key.as_str())
                .with("recoveryKey", recovery_key.as_str())
                .with("handle", handle.as_str())
                .with("service", service.as_str())
                .with("prev", Value::Null),
        }
    }

    /// What is signed.
    fn unsigned_bytes(&self) -> Vec<u8> {
        cbor::encode(&Value::Map(self.to_map()))
    }

    /// Signs it with a rotation key of the operation before (of itself, if it is the first).
    pub fn sign(self, key: &SigningKey) -> Result<Signed, OperationError> {
        if let Operation::Set { data, .. } = &self {
            data.check()?;
        }
        let sig = URL_SAFE_NO_PAD.encode(key.sign(&self.unsigned_bytes())?);
        let signed = Signed { operation: self, sig };
        if signed.bytes().len() > MAX_OPERATION {
            return Err(OperationError::TooLong);
        }
        Ok(signed)
    }
}

impl Signed {
    fn to_map(&self) -> Map {
        self.operation.to_map().with("sig", self.sig.as_str())
    }

    /// The bytes with the signature, of which the name is made.
    pub fn bytes(&self) -> Vec<u8> {
        cbor::encode(&Value::Map(self.to_map()))
    }

    /// The name by which the next operation calls this one.
    pub fn cid(&self) -> Cid {
        Cid::of_dag_cbor(&self.bytes())
    }

    /// The DID that it makes, if it is a first operation: 24 characters of its hash.
    pub fn did(&self) -> Option<Did> {
        if self.operation.prev().is_some() {
            return None;
        }
        // The digest, as the CID shows it behind `b` and seven and a bit characters of prefix: so written anew.
        let digest = *self.cid().digest();
        let text: String = (0..24).map(|at| base32_digit(&digest, at)).collect();
        Did::parse(&format!("did:plc:{text}")).ok()
    }

    /// Which of the `did:key`s signed it: the place in the list.
    pub fn signer(&self, keys: &[String]) -> Option<usize> {
        let sig = URL_SAFE_NO_PAD.decode(&self.sig).ok()?;
        let message = self.operation.unsigned_bytes();
        keys.iter()
            .position(|key| PublicKey::from_did_key(key).is_ok_and(|key| key.verify(&message, &sig).is_ok()))
    }

    /// As JSON, as it is sent to a directory.
    pub fn to_json(&self) -> serde_json::Value {
        Value::Map(self.to_map()).to_json()
    }

    /// From JSON. Exactly the known fields: others would be signed as well.
    pub fn from_json(json: &serde_json::Value) -> Result<Signed, OperationError> {
        let Value::Map(mut map) = Value::from_json(json)? else { return Err(OperationError::Field("type")) };
        if cbor::encode(&Value::Map(map.clone())).len() > MAX_OPERATION {
            return Err(OperationError::TooLong);
        }
        let sig = text(&mut map, "sig")?;
        let kind = text(&mut map, "type")?;
        let prev = match map.remove("prev") {
            Some(Value::Null) => None,
            Some(Value::Text(cid)) => Some(Cid::parse(&cid).map_err(|_| OperationError::Field("prev"))?),
            _ => return Err(OperationError::Field("prev")),
        };
        let operation = match kind.as_str() {
            "plc_operation" => Operation::Set { data: data(&mut map)?, prev },
            "plc_tombstone" => Operation::Tombstone { prev: prev.ok_or(OperationError::Field("prev"))? },
            "create" if prev.is_none() => Operation::LegacyCreate {
                signing_key: text(&mut map, "signingKey")?,
                recovery_key: text(&mut map, "recoveryKey")?,
                handle: text(&mut map, "handle")?,
                service: text(&mut map, "service")?,
            },
            _ => return Err(OperationError::Field("type")),
        };
        if map.is_empty() {
            Ok(Signed { operation, sig })
        } else {
            Err(OperationError::Field("an unknown one"))
        }
    }
}

fn base32_digit(bytes: &[u8], at: usize) -> char {
    let bit = at * 5;
    let byte = |at: usize| u16::from(bytes.get(at).copied().unwrap_or(0));
    let pair = byte(bit / 8) << 8 | byte(bit / 8 + 1);
    let digit = (pair >> (11 - bit % 8) & 31) as u8;
    char::from(if digit < 26 { b'a' + digit } else { b'2' + digit - 26 })
}

fn text(map: &mut Map, field: &'static str) -> Result<String, OperationError> {
    match map.remove(field) {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(OperationError::Field(field)),
    }
}

fn texts(map: &mut Map, field: &'static str) -> Result<Vec<String>, OperationError> {
    let Some(Value::List(list)) = map.remove(field) else { return Err(OperationError::Field(field)) };
    let text = |value: Value| match value {
        Value::Text(text) => Ok(text),
        _ => Err(OperationError::Field(field)),
    };
    list.into_iter().map(text).collect()
}

fn data(map: &mut Map) -> Result<PlcData, OperationError> {
    let Some(Value::Map(methods)) = map.remove("verificationMethods") else {
        return Err(OperationError::Field("verificationMethods"));
    };
    let method = |(name, key): (&str, &Value)| Some((name.to_owned(), key.as_text()?.to_owned()));
    let methods = methods.iter().map(method).collect::<Option<Vec<_>>>();
    let Some(Value::Map(services)) = map.remove("services") else {
        return Err(OperationError::Field("services"));
    };
    let service = |(name, service): (&str, &Value)| {
        let fields = service.as_map().filter(|fields| fields.len() == 2)?;
        let service =
            Service { kind: fields.text("type")?.to_owned(), endpoint: fields.text("endpoint")?.to_owned() };
        Some((name.to_owned(), service))
    };
    let services = services.iter().map(service).collect::<Option<Vec<_>>>();
    Ok(PlcData {
        rotation_keys: texts(map, "rotationKeys")?,
        verification_methods: methods.ok_or(OperationError::Field("verificationMethods"))?,
        also_known_as: texts(map, "alsoKnownAs")?,
        services: services.ok_or(OperationError::Field("services"))?,
    })
}
