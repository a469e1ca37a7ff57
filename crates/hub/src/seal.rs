//! Sealing: private content and keys at rest.
//!
//! The root key lives outside the database and wraps one key a member; a member's key wraps that member's network
//! keys and the keys of the sealed posts they may read. Losing the root key loses all of it; destroying a member's key
//! makes everything sealed with it unreadable, in old backups too. AES-256-GCM; each sealed thing is bound to its
//! place by a context, so that no row can be moved to another.

mod post_key;

pub(crate) use post_key::PostKey;

use crate::{Hub, HubError};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac, rand,
};
use landbridge_cache::Cache;
use landbridge_model::Id;
use landbridge_store::{Row, entities::members};
use std::{path::Path, time::Duration};

/// 32 bytes that seal.
pub(crate) type SecretKey = [u8; 32];

pub(crate) struct Sealer {
    root: SecretKey,
    hash: hmac::Key,
    member_keys: Cache<Id, SecretKey>,
}

impl Sealer {
    pub(crate) fn new(root: &SecretKey) -> Sealer {
        // Hashes get a key of their own, derived from the root.
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, root), b"landbridge keyed hash v1");
        let member_keys = Cache::idling(10_000, Duration::from_secs(3600));
        Sealer { root: *root, hash: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()), member_keys }
    }

    /// Seals with the root key.
    pub(crate) fn wrap(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        seal(&self.root, context, plain)
    }

    /// Opens what [`Sealer::wrap`] sealed.
    pub(crate) fn unwrap(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, HubError> {
        open(&self.root, context, sealed)
    }

    /// A hash that says nothing without the root key: for tombstones and the erasure journal.
    pub(crate) fn keyed_hash(&self, text: &str) -> Vec<u8> {
        hmac::sign(&self.hash, text.as_bytes()).as_ref().to_vec()
    }

    /// Forgets an opened key: its member is gone.
    pub(crate) fn forget(&self, member: Id) {
        self.member_keys.remove(&member);
    }
}

/// Whether a root key is the one that a backup was sealed with. True when nothing in it is sealed.
pub async fn root_key_fits_backup(backup: &Path, root_key: &[u8; 32]) -> Result<bool, HubError> {
    let row = landbridge_store::ask_backup(backup, members::any_sealed_key()).await?;
    opens_first(&Sealer::new(root_key), row)
}

fn opens_first(sealer: &Sealer, row: Option<Row>) -> Result<bool, HubError> {
    let Some(mut row) = row else { return Ok(true) };
    let (member, sealed): (Id, Vec<u8>) = (row.get(0)?, row.get(1)?);
    Ok(sealer.unwrap(&format!("member {member}"), &sealed).is_ok())
}

/// Seals bytes: nonce, then ciphertext with tag.
pub(crate) fn seal(key: &SecretKey, context: &str, plain: &[u8]) -> Vec<u8> {
    let nonce: [u8; NONCE_LEN] = random();
    let mut sealed = plain.to_vec();
    match cipher(key).seal_in_place_append_tag(
        Nonce::assume_unique_for_key(nonce),
        Aad::from(context),
        &mut sealed,
    ) {
        Ok(()) => [nonce.as_slice(), &sealed].concat(),
        // Only for more than 64 GiB; such bytes never come here, and nothing readable may leave.
        Err(_) => Vec::new(),
    }
}

/// Opens sealed bytes; [`HubError::Damaged`] when key, context or bytes are not the right ones.
pub(crate) fn open(key: &SecretKey, context: &str, sealed: &[u8]) -> Result<Vec<u8>, HubError> {
    let damaged = HubError::Damaged("a sealed item could not be opened");
    let Some((nonce, body)) = sealed.split_first_chunk::<NONCE_LEN>() else { return Err(damaged) };
    let mut plain = body.to_vec();
    let len = cipher(key)
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut plain)
        .map_err(|_| damaged)?
        .len();
    plain.truncate(len);
    Ok(plain)
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The generator of aws-lc seeds itself at start and has no failure that could be handled.
    #[allow(clippy::panic)]
    if rand::fill(&mut bytes).is_err() {
        panic!("the system gives no random numbers");
    }
    bytes
}

#[allow(clippy::panic)]
fn cipher(key: &SecretKey) -> LessSafeKey {
    match UnboundKey::new(&AES_256_GCM, key) {
        Ok(key) => LessSafeKey::new(key),
        Err(_) => panic!("a 32-byte key fits AES-256"),
    }
}

impl Hub {
    /// Makes a member's key: (the key, what the members table keeps).
    pub(crate) fn new_member_key(&self, member: Id) -> (SecretKey, Vec<u8>) {
        let key = random();
        (key, self.sealer().wrap(&format!("member {member}"), &key))
    }

    /// A member's key, opened. [`HubError::NotFound`] when there is no such member (any more).
    pub(crate) async fn member_key(&self, member: Id) -> Result<SecretKey, HubError> {
        if let Some(key) = self.sealer().member_keys.get(&member) {
            return Ok(key);
        }
        let mut row = self.store().row(members::sealed_key(member)).await?.ok_or(HubError::NotFound)?;
        let plain = self.sealer().unwrap(&format!("member {member}"), &row.get::<Vec<u8>>(0)?)?;
        let key = plain.try_into().map_err(|_| HubError::Damaged("a member's key has a wrong length"))?;
        self.sealer().member_keys.insert(member, key);
        Ok(key)
    }

    /// Whether the root key is the one that this database was sealed with. True while nothing is sealed yet.
    pub async fn root_key_fits(&self) -> Result<bool, HubError> {
        let row = self.store().row(members::any_sealed_key()).await?;
        opens_first(self.sealer(), row)
    }

    /// A hash of a native id, a text or the like that says nothing to whoever has no root key.
    pub fn keyed_hash(&self, text: &str) -> Vec<u8> {
        self.sealer().keyed_hash(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_things_stay_in_their_place() {
        let key = random();
        let sealed = seal(&key, "post 1", b"between us");
        assert_eq!(open(&key, "post 1", &sealed).unwrap(), b"between us");
        assert!(open(&key, "post 2", &sealed).is_err());
        assert!(open(&random(), "post 1", &sealed).is_err());
        assert!(open(&key, "post 1", &sealed[..sealed.len() - 1]).is_err());
        assert!(open(&key, "post 1", b"").is_err());
        assert_ne!(seal(&key, "post 1", b"between us"), sealed);
    }
}
