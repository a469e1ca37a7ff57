//! P-256 by AWS-LC. It knows nothing of the lower s, so both directions are held here.

use super::CryptoError;
use aws_lc_rs::{
    encoding::{AsBigEndian, EcPrivateKeyBin, EcPublicKeyCompressedBin},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
    },
};
use std::sync::Arc;

/// Order of the group.
const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The greatest lower s: (N - 1) / 2.
const HALF: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde,
    0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// RFC 5915 `ECPrivateKey` of P-256, but for the number.
const DER_BEFORE: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
const DER_AFTER: [u8; 12] = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

pub struct Secret {
    pair: EcdsaKeyPair,
    bytes: [u8; 32],
}

#[derive(Clone)]
pub struct Public {
    key: Arc<ParsedPublicKey>,
    compressed: [u8; 33],
}

impl Public {
    pub fn compressed(&self) -> [u8; 33] {
        self.compressed
    }
}

pub fn secret(bytes: &[u8; 32]) -> Result<(Secret, Public), CryptoError> {
    let der = [&DER_BEFORE[..], bytes, &DER_AFTER].concat();
    let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
        .map_err(|_| CryptoError::Key)?;
    // A number above the order would be taken for its rest.
    let same = AsBigEndian::<EcPrivateKeyBin<'static>>::as_be_bytes(&pair.private_key())
        .is_ok_and(|kept| kept.as_ref() == bytes);
    if !same {
        return Err(CryptoError::Key);
    }
    let point: EcPublicKeyCompressedBin<'static> =
        pair.public_key().as_be_bytes().map_err(|_| CryptoError::Key)?;
    let public = public(point.as_ref())?;
    Ok((Secret { pair, bytes: *bytes }, public))
}

pub fn to_bytes(secret: &Secret) -> [u8; 32] {
    secret.bytes
}

pub fn public(point: &[u8]) -> Result<Public, CryptoError> {
    let compressed = match (point.first(), point.len()) {
        (Some(2 | 3), 33) => point.try_into().map_err(|_| CryptoError::Key)?,
        (Some(4), 65) => {
            let mut compressed = [0; 33];
            let (sign, x) = compressed.split_at_mut(1);
            sign.fill(2 + (point.last().copied().unwrap_or_default() & 1));
            x.copy_from_slice(point.get(1..33).ok_or(CryptoError::Key)?);
            compressed
        }
        _ => return Err(CryptoError::Key),
    };
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| CryptoError::Key)?;
    Ok(Public { key: Arc::new(key), compressed })
}

pub fn sign(secret: &Secret, message: &[u8]) -> Result<[u8; 64], CryptoError> {
    let made = secret.pair.sign(&SystemRandom::new(), message).map_err(|_| CryptoError::Random)?;
    let mut signature: [u8; 64] = made.as_ref().try_into().map_err(|_| CryptoError::SignatureForm)?;
    let (_, s) = signature.split_at_mut(32);
    if *s > HALF[..] {
        subtract_from_order(s);
    }
    Ok(signature)
}

pub fn verify(key: &Public, message: &[u8], signature: &[u8; 64]) -> Result<(), CryptoError> {
    if signature.split_at(32).1 > &HALF[..] {
        return Err(CryptoError::HighS);
    }
    verify_either_s(key, message, signature)
}

pub fn verify_either_s(key: &Public, message: &[u8], signature: &[u8; 64]) -> Result<(), CryptoError> {
    key.key.verify_sig(message, signature).map_err(|_| CryptoError::Signature)
}

/// s becomes N - s.
fn subtract_from_order(s: &mut [u8]) {
    let mut borrow = 0;
    for (digit, n) in s.iter_mut().zip(N).rev() {
        let difference = i16::from(n) - i16::from(*digit) - borrow;
        borrow = i16::from(difference < 0);
        *digit = (difference & 0xff) as u8;
    }
}
