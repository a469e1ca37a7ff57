//! K-256 by libsecp256k1, which this house has for Nostr already. It signs deterministically (RFC 6979) with the lower
//! s, and its check refuses the higher one.

use super::{CryptoError, sha256};
use secp256k1::{All, Message, PublicKey, Secp256k1, SecretKey, ecdsa::Signature};
use std::sync::LazyLock;

pub type Secret = SecretKey;
pub type Public = PublicKey;

static SECP: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

pub fn secret(bytes: &[u8; 32]) -> Result<(Secret, Public), CryptoError> {
    let secret = SecretKey::from_slice(bytes).map_err(|_| CryptoError::Key)?;
    let public = secret.public_key(&SECP);
    Ok((secret, public))
}

pub fn to_bytes(secret: &Secret) -> [u8; 32] {
    secret.secret_bytes()
}

pub fn public(point: &[u8]) -> Result<Public, CryptoError> {
    // The library takes "hybrid" points (06, 07) too.
    if !matches!(point.first(), Some(2..=4)) {
        return Err(CryptoError::Key);
    }
    PublicKey::from_slice(point).map_err(|_| CryptoError::Key)
}

pub fn sign(secret: &Secret, message: &[u8]) -> [u8; 64] {
    SECP.sign_ecdsa(&Message::from_digest(sha256(message)), secret).serialize_compact()
}

pub fn verify(key: &Public, message: &[u8], signature: &[u8; 64]) -> Result<(), CryptoError> {
    let parsed = Signature::from_compact(signature).map_err(|_| CryptoError::SignatureForm)?;
    let mut normal = parsed;
    normal.normalize_s();
    if normal != parsed {
        return Err(CryptoError::HighS);
    }
    SECP.verify_ecdsa(&Message::from_digest(sha256(message)), &parsed, key)
        .map_err(|_| CryptoError::Signature)
}

pub fn verify_either_s(key: &Public, message: &[u8], signature: &[u8; 64]) -> Result<(), CryptoError> {
    let mut parsed = Signature::from_compact(signature).map_err(|_| CryptoError::SignatureForm)?;
    parsed.normalize_s();
    SECP.verify_ecdsa(&Message::from_digest(sha256(message)), &parsed, key)
        .map_err(|_| CryptoError::Signature)
}
