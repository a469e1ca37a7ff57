//! Keys and signatures (<https://atproto.com/specs/cryptography>): ECDSA over SHA-256 on the curves K-256 and P-256.
//!
//! Signatures are 64 bytes (r, s), with the lower of the two possible s, both when they are made and when they are
//! checked: a signature that a third party could turn into another valid one would give the same commit a second CID.

mod base58;
mod jwk;
mod k256;
mod multikey;
mod p256;

pub use jwk::Jwk;

use std::fmt;

/// The length of a signature in bytes.
pub const SIGNATURE_LEN: usize = 64;

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().try_into().unwrap_or_default()
}

/// The curves of AT Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// secp256k1; JWT algorithm `ES256K`.
    K256,
    /// NIST P-256, secp256r1; JWT algorithm `ES256`.
    P256,
}

impl Curve {
    /// The name in the `alg` header of a JWT.
    pub fn jwt_algorithm(self) -> &'static str {
        match self {
            Curve::K256 => "ES256K",
            Curve::P256 => "ES256",
        }
    }
}

/// Key material or a signature that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptoError {
    #[error("not a key of the curve")]
    Key,
    #[error("not a did:key or multibase key of a known kind")]
    Multikey,
    #[error("the signature is not 64 bytes (r, s)")]
    SignatureForm,
    #[error("the signature has the higher s")]
    HighS,
    #[error("the signature does not fit")]
    Signature,
    #[error("no randomness")]
    Random,
}

/// A private key.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
}

enum Pair {
    K256(k256::Secret),
    P256(p256::Secret),
}

impl SigningKey {
    /// A fresh key.
    pub fn generate(curve: Curve) -> Result<SigningKey, CryptoError> {
        // All but one in 2^32 (P-256) or 2^128 of the numbers are keys.
        for _ in 0..8 {
            let mut secret = [0; 32];
            aws_lc_rs::rand::fill(&mut secret).map_err(|_| CryptoError::Random)?;
            if let Ok(key) = SigningKey::from_bytes(curve, &secret) {
                return Ok(key);
            }
        }
        Err(CryptoError::Random)
    }

    /// From the 32 bytes of the secret number, big-endian.
    pub fn from_bytes(curve: Curve, secret: &[u8; 32]) -> Result<SigningKey, CryptoError> {
        match curve {
            Curve::K256 => {
                let (secret, public) = k256::secret(secret)?;
                Ok(SigningKey { pair: Pair::K256(secret), public: PublicKey(Public::K256(public)) })
            }
            Curve::P256 => {
                let (secret, public) = p256::secret(secret)?;
                Ok(SigningKey { pair: Pair::P256(secret), public: PublicKey(Public::P256(public)) })
            }
        }
    }

    /// The 32 bytes of the secret number. Whoever has them is the account.
    pub fn to_bytes(&self) -> [u8; 32] {
        match &self.pair {
            Pair::K256(secret) => k256::to_bytes(secret),
            Pair::P256(secret) => p256::to_bytes(secret),
        }
    }

    /// Signs SHA-256 of the message.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; SIGNATURE_LEN], CryptoError> {
        match &self.pair {
            Pair::K256(secret) => Ok(k256::sign(secret, message)),
            Pair::P256(secret) => p256::sign(secret, message),
        }
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(of {})", self.public)
    }
}

/// A public key, ready to check signatures: keep it, making it costs about as much as a check.
#[derive(Clone)]
pub struct PublicKey(Public);

#[derive(Clone)]
enum Public {
    K256(k256::Public),
    P256(p256::Public),
}

impl PublicKey {
    /// From a point in SEC 1 form, compressed (33 bytes) or not (65).
    pub fn from_sec1(curve: Curve, point: &[u8]) -> Result<PublicKey, CryptoError> {
        Ok(PublicKey(match curve {
            Curve::K256 => Public::K256(k256::public(point)?),
            Curve::P256 => Public::P256(p256::public(point)?),
        }))
    }

    /// The compressed point.
    pub fn to_sec1(&self) -> [u8; 33] {
        match &self.0 {
            Public::K256(key) => key.serialize(),
            Public::P256(key) => key.compressed(),
        }
    }

    pub fn curve(&self) -> Curve {
        match &self.0 {
            Public::K256(_) => Curve::K256,
            Public::P256(_) => Curve::P256,
        }
    }

    /// Checks a signature of SHA-256 of the message. Only 64 bytes with the lower s are taken.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let signature = signature.try_into().map_err(|_| CryptoError::SignatureForm)?;
        match &self.0 {
            Public::K256(key) => k256::verify(key, message, signature),
            Public::P256(key) => p256::verify(key, message, signature),
        }
    }
}

impl PublicKey {
    /// Checks a signature of which either s will do: of tokens, where a second valid form changes nothing.
    pub fn verify_either_s(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let signature = signature.try_into().map_err(|_| CryptoError::SignatureForm)?;
        match &self.0 {
            Public::K256(key) => k256::verify_either_s(key, message, signature),
            Public::P256(key) => p256::verify_either_s(key, message, signature),
        }
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &PublicKey) -> bool {
        self.curve() == other.curve() && self.to_sec1() == other.to_sec1()
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
