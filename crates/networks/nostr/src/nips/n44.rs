//! Encryption between two keys (NIP-44 version 2; NIP-04 for old apps).

use crate::event::{Hex32, Keys};
use nostr::{
    key::{PublicKey, SecretKey},
    nips::{nip04, nip44},
};

/// Wrong key, broken or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be decrypted or encrypted")]
pub struct CryptError;

/// Longest payload taken, in bytes of base64.
const LONGEST: usize = 128 * 1024;

pub fn encrypt(keys: &Keys, to: &Hex32, text: &str) -> Result<String, CryptError> {
    let (secret, public) = pair(keys, to)?;
    if text.len() > LONGEST / 2 {
        return Err(CryptError);
    }
    nip44::encrypt(&secret, &public, text, nip44::Version::V2).map_err(|_| CryptError)
}

pub fn decrypt(keys: &Keys, from: &Hex32, payload: &str) -> Result<String, CryptError> {
    let (secret, public) = pair(keys, from)?;
    if payload.len() > LONGEST {
        return Err(CryptError);
    }
    nip44::decrypt(&secret, &public, payload).map_err(|_| CryptError)
}

pub fn encrypt_nip04(keys: &Keys, to: &Hex32, text: &str) -> Result<String, CryptError> {
    let (secret, public) = pair(keys, to)?;
    nip04::encrypt(&secret, &public, text).map_err(|_| CryptError)
}

pub fn decrypt_nip04(keys: &Keys, from: &Hex32, payload: &str) -> Result<String, CryptError> {
    let (secret, public) = pair(keys, from)?;
    if payload.len() > LONGEST {
        return Err(CryptError);
    }
    nip04::decrypt(&secret, &public, payload).map_err(|_| CryptError)
}

fn pair(keys: &Keys, other: &Hex32) -> Result<(SecretKey, PublicKey), CryptError> {
    let secret = SecretKey::from_slice(&keys.secret()).map_err(|_| CryptError)?;
    let public = PublicKey::from_slice(&other.0).map_err(|_| CryptError)?;
    Ok((secret, public))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_and_for_nobody_else() {
        let (a, b, c) = (Keys::generate(), Keys::generate(), Keys::generate());
        let sealed = encrypt(&a, &b.public(), "hello").unwrap();
        assert_eq!(decrypt(&b, &a.public(), &sealed).unwrap(), "hello");
        assert_eq!(decrypt(&c, &a.public(), &sealed), Err(CryptError));
        let old = encrypt_nip04(&a, &b.public(), "hello").unwrap();
        assert_eq!(decrypt_nip04(&b, &a.public(), &old).unwrap(), "hello");
        assert_eq!(decrypt(&b, &a.public(), "not base64"), Err(CryptError));
    }

    /// The published vectors of NIP-44.
    #[test]
    fn published_vectors() {
        let text = include_str!("../../tests/vectors/nip44.vectors.json");
        let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
        let cases = vectors["v2"]["valid"]["encrypt_decrypt"].as_array().unwrap();
        for case in cases {
            let secret =
                |name: &str| Keys::from_secret(&hex::decode(case[name].as_str().unwrap()).unwrap()).unwrap();
            let (one, two) = (secret("sec1"), secret("sec2"));
            let plain = decrypt(&two, &one.public(), case["ciphertext"].as_str().unwrap()).unwrap();
            assert_eq!(plain, case["plaintext"].as_str().unwrap());
        }
        for case in vectors["v2"]["invalid"]["decrypt"].as_array().unwrap() {
            let key = Keys::generate();
            assert!(decrypt(&key, &Keys::generate().public(), case["ciphertext"].as_str().unwrap()).is_err());
        }
        assert!(!cases.is_empty());
    }
}
