//! Public keys as text: `did:key` and multikeys (<https://atproto.com/specs/cryptography#public-key-encoding>).

use super::{CryptoError, Curve, PublicKey, base58};
use std::{fmt, str::FromStr};

/// Multicodec of a compressed point, as a varint.
const K256: [u8; 2] = [0xe7, 0x01];
const P256: [u8; 2] = [0x80, 0x24];

impl PublicKey {
    /// From `did:key:z...`.
    pub fn from_did_key(text: &str) -> Result<PublicKey, CryptoError> {
        PublicKey::from_multikey(text.strip_prefix("did:key:").ok_or(CryptoError::Multikey)?)
    }

    /// From `z...`: base58btc of a multicodec and a compressed point, as in a `Multikey` of a DID document.
    pub fn from_multikey(text: &str) -> Result<PublicKey, CryptoError> {
        let bytes = multibase(text)?;
        let (codec, point) = bytes.split_first_chunk::<2>().ok_or(CryptoError::Multikey)?;
        let curve = match *codec {
            K256 => Curve::K256,
            P256 => Curve::P256,
            _ => return Err(CryptoError::Multikey),
        };
        if point.len() != 33 {
            return Err(CryptoError::Multikey);
        }
        PublicKey::from_sec1(curve, point)
    }

    /// From `z...` without multicodec, the point compressed or not: the older kinds of verification method, which
    /// name the curve.
    pub fn from_multibase(curve: Curve, text: &str) -> Result<PublicKey, CryptoError> {
        PublicKey::from_sec1(curve, &multibase(text)?)
    }

    /// `z...`, as in a `Multikey` of a DID document.
    pub fn to_multikey(&self) -> String {
        let codec = match self.curve() {
            Curve::K256 => K256,
            Curve::P256 => P256,
        };
        format!("z{}", base58::encode(&[&codec[..], &self.to_sec1()].concat()).unwrap_or_default())
    }

    /// `did:key:z...`.
    pub fn to_did_key(&self) -> String {
        format!("did:key:{}", self.to_multikey())
    }
}

fn multibase(text: &str) -> Result<Vec<u8>, CryptoError> {
    text.strip_prefix('z').and_then(base58::decode).ok_or(CryptoError::Multikey)
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_did_key())
    }
}

impl FromStr for PublicKey {
    type Err = CryptoError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        PublicKey::from_did_key(text)
    }
}
