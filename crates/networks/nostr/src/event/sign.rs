//! Making events: templates, keys, signatures.

use super::{Event, Hex32, Kind, SECP, Tag, wire::Preimage};
use std::fmt;

/// An event that is not signed yet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Template {
    /// Seconds since the Unix epoch.
    pub created_at: i64,
    pub kind: Kind,
    pub tags: Vec<Tag>,
    pub content: String,
}

impl From<Event> for Template {
    fn from(event: Event) -> Template {
        let Event { created_at, kind, tags, content, .. } = event;
        Template { created_at, kind, tags, content }
    }
}

impl Template {
    /// The id that the event will have when `pubkey` signs it.
    pub fn id(&self, pubkey: &Hex32) -> Hex32 {
        self.preimage(pubkey).id()
    }

    fn preimage(&self, pubkey: &Hex32) -> Preimage {
        Preimage::new(pubkey, self.created_at, self.kind, &self.tags, &self.content)
    }
}

/// A secret key with its public half. Debug output shows only the public one.
#[derive(Clone)]
pub struct Keys {
    pair: secp256k1::Keypair,
    public: Hex32,
}

/// Not a valid secp256k1 secret key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid secret key")]
pub struct BadKey;

impl Keys {
    /// A new random key.
    pub fn generate() -> Keys {
        loop {
            if let Ok(keys) = Keys::from_secret(&random::<32>()) {
                return keys;
            }
        }
    }

    pub fn from_secret(secret: &[u8]) -> Result<Keys, BadKey> {
        let pair = secp256k1::Keypair::from_seckey_slice(&SECP, secret).map_err(|_| BadKey)?;
        let public = Hex32(pair.x_only_public_key().0.serialize());
        Ok(Keys { pair, public })
    }

    pub fn public(&self) -> Hex32 {
        self.public
    }

    pub fn secret(&self) -> [u8; 32] {
        self.pair.secret_bytes()
    }

    /// Signs with fresh auxiliary randomness (BIP-340).
    pub fn sign(&self, template: Template) -> Event {
        let preimage = template.preimage(&self.public);
        let id = preimage.id();
        let sig = self.sign_id(&id);
        let json = preimage.event_json(&id, &sig);
        let Template { created_at, kind, tags, content } = template;
        Event { id, pubkey: self.public, created_at, kind, tags, content, json }
    }

    pub(super) fn sign_id(&self, id: &Hex32) -> [u8; 64] {
        SECP.sign_schnorr_with_aux_rand(&id.0, &self.pair, &random()).to_byte_array()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.public)
    }
}

/// Random bytes from the system's generator.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    // The generator of aws-lc seeds itself from the system and does not fail after start.
    aws_lc_rs::rand::fill(&mut bytes).unwrap_or_else(|_| std::process::abort());
    bytes
}
