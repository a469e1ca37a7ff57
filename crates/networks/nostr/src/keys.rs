//! Members' keys: made here, brought along, or kept outside (NIP-19 `nsec`, NIP-49 `ncryptsec`, NIP-46 `bunker://`
//! and `nostrconnect://`).

use crate::{
    event::{Event, Hex32, Keys, Template},
    facts::Facts,
    network::Nostr,
    nips::n65::{self, Relays},
    signer,
};
use landbridge_hub::{Hub, HubError, Joined, KeyImport, NewKey, NewPresence};
use landbridge_model::{Id, Network};
use nostr::{
    key::SecretKey,
    nips::{
        nip19::{FromBech32, ToBech32},
        nip49::{EncryptedSecretKey, KeySecurity},
    },
};

/// Kind of a key that is held here.
pub const SCHNORR: &str = "schnorr";
/// Kind of an outside signer: `public` is the member's key; the secret is a [`crate::signer::Outside`] as JSON.
pub const BUNKER: &str = "bunker";

/// Strength of exported and of accepted `ncryptsec` (scrypt's log2 N); more would let a pasted text eat the memory.
const LOG_N: u8 = 16;
const MOST_LOG_N: u8 = 18;

/// A member's identity from a new key or the one that is brought along.
pub async fn join(nostr: &Nostr, import: Option<KeyImport>) -> Result<Joined, HubError> {
    let mut relays = Relays::default().with(nostr.relay_url());
    relays.write.extend(nostr.options.relays.iter().filter_map(|url| n65::normal(url)));
    let facts = |unsynced| Facts { relays: relays.clone(), unsynced, ..Facts::default() }.value();
    let held = |keys: &Keys, unsynced| Joined {
        presence: NewPresence { native_id: keys.public().to_string(), facts: facts(unsynced) },
        keys: vec![NewKey {
            kind: SCHNORR,
            public: keys.public().to_string(),
            secret: keys.secret().to_vec(),
        }],
    };
    let Some(import) = import else { return Ok(held(&Keys::generate(), false)) };
    let text = import.key.trim();
    if signer::is_link(text) {
        let (outside, key) = signer::meet(nostr, text).await?;
        return Ok(Joined {
            presence: NewPresence { native_id: key.to_string(), facts: facts(true) },
            keys: vec![signer::outside_key(&outside, &key)?],
        });
    }
    Ok(held(&read_secret(text, import.password).await?, true))
}

async fn read_secret(text: &str, password: Option<String>) -> Result<Keys, HubError> {
    let wrong = || {
        HubError::invalid(
            "this is no secret key: it begins with nsec1 or ncryptsec1, or has 64 digits 0-9 and a-f",
        )
    };
    let secret = if text.starts_with("ncryptsec1") {
        let encrypted = EncryptedSecretKey::from_bech32(text).map_err(|_| wrong())?;
        let password = password
            .filter(|p| !p.is_empty())
            .ok_or_else(|| HubError::invalid("this key needs its password"))?;
        // Slow on purpose.
        let opened =
            tokio::task::spawn_blocking(move || encrypted.decrypt_with_max_log_n(&password, MOST_LOG_N))
                .await;
        opened
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| HubError::invalid("the password does not open this key"))?
    } else if text.starts_with("nsec1") {
        SecretKey::from_bech32(text).map_err(|_| wrong())?
    } else {
        let bytes = crate::event::decode_hex::<32>(&text.to_ascii_lowercase()).map_err(|_| wrong())?;
        SecretKey::from_slice(&bytes).map_err(|_| wrong())?
    };
    Keys::from_secret(&secret.to_secret_bytes()).map_err(|_| wrong())
}

/// The key of a member that is held here.
pub async fn held(hub: &Hub, member: Id) -> Result<Option<Keys>, HubError> {
    match hub.key(member, Network::Nostr, SCHNORR).await? {
        Some(key) => Keys::from_secret(&key.secret).map(Some).map_err(|_| HubError::Damaged("a Nostr key")),
        None => Ok(None),
    }
}

/// `nsec1...` of a member's key, to take away. Whoever has it is this person on Nostr, for ever.
pub async fn export_nsec(hub: &Hub, member: Id) -> Result<String, HubError> {
    let Ok(code) = secret_of(hub, member).await?.to_bech32();
    Ok(code)
}

/// `ncryptsec1...`: the same under a password (NIP-49).
pub async fn export_ncryptsec(hub: &Hub, member: Id, password: String) -> Result<String, HubError> {
    let secret = secret_of(hub, member).await?;
    let seal = move || {
        EncryptedSecretKey::new(&secret, &password, LOG_N, KeySecurity::Weak).and_then(|e| e.to_bech32())
    };
    let sealed = tokio::task::spawn_blocking(seal).await;
    sealed.ok().and_then(Result::ok).ok_or(HubError::Damaged("a Nostr key"))
}

async fn secret_of(hub: &Hub, member: Id) -> Result<SecretKey, HubError> {
    let keys = held(hub, member).await?.ok_or(HubError::Forbidden("this key is not held here"))?;
    SecretKey::from_slice(&keys.secret()).map_err(|_| HubError::Damaged("a Nostr key"))
}

/// Who signs for a member.
pub enum Signs {
    Here(Keys),
    /// The member's own signer, asked later; the key is known.
    Outside(Hex32),
}

impl Signs {
    pub async fn of(hub: &Hub, member: Id) -> Result<Signs, HubError> {
        if let Some(keys) = held(hub, member).await? {
            return Ok(Signs::Here(keys));
        }
        let public = hub.public_key(member, Network::Nostr, BUNKER).await?;
        let public =
            public.and_then(|p| p.parse().ok()).ok_or(HubError::Damaged("a member without a Nostr key"))?;
        Ok(Signs::Outside(public))
    }

    pub fn key(&self) -> Hex32 {
        match self {
            Signs::Here(keys) => keys.public(),
            Signs::Outside(key) => *key,
        }
    }

    /// The event, when it can be signed now.
    pub fn sign(&self, template: &Template) -> Option<Event> {
        match self {
            Signs::Here(keys) => Some(keys.sign(template.clone())),
            Signs::Outside(_) => None,
        }
    }
}
