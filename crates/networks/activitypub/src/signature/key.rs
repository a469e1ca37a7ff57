//! Keys: RSA for requests (what every server can verify) and Ed25519 for proofs (FEP-521a Multikey).

use super::{Algorithm, Error, digest::BASE64, multibase};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ED25519, Ed25519KeyPair, KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RSA_PSS_2048_8192_SHA512, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine;

/// Multicodec of an Ed25519 public key.
const ED25519_CODEC: [u8; 2] = [0xed, 0x01];
/// A PEM longer than this holds no key that is accepted here (RSA of 8192 bits needs 1.5 kB).
pub(crate) const MAX_PEM: usize = 8192;

/// Somebody's public key, parsed once and kept.
#[derive(Clone)]
pub struct PublicKey {
    parsed: ParsedPublicKey,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Rsa,
    Ed25519,
}

impl PublicKey {
    /// `publicKeyPem` of an actor: SPKI or PKCS#1, RSA of at least 2048 bits, or an Ed25519 key.
    pub fn from_pem(pem: &str) -> Result<PublicKey, Error> {
        let der = pem_to_der(pem)?;
        // An Ed25519 SubjectPublicKeyInfo has a fixed prefix (RFC 8410).
        const ED25519_SPKI: [u8; 12] =
            [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        if let Some(raw) = der.strip_prefix(&ED25519_SPKI) {
            return Self::ed25519(raw);
        }
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der).map_err(|_| Error::BadKey)?;
        Ok(PublicKey { parsed, kind: Kind::Rsa })
    }

    /// `publicKeyMultibase` of a Multikey; only Ed25519 is known.
    pub fn from_multibase(text: &str) -> Result<PublicKey, Error> {
        let bytes = multibase::decode(text).ok_or(Error::BadKey)?;
        Self::ed25519(bytes.strip_prefix(&ED25519_CODEC).ok_or(Error::BadKey)?)
    }

    fn ed25519(raw: &[u8]) -> Result<PublicKey, Error> {
        let parsed = ParsedPublicKey::new(&ED25519, raw).map_err(|_| Error::BadKey)?;
        Ok(PublicKey { parsed, kind: Kind::Ed25519 })
    }

    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        match (algorithm, self.kind) {
            (Algorithm::OfKey, _)
            | (Algorithm::RsaPkcs1Sha256, Kind::Rsa)
            | (Algorithm::Ed25519, Kind::Ed25519) => self.parsed.verify_sig(message, signature),
            (Algorithm::RsaPssSha512, Kind::Rsa) => {
                UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA512, self.parsed.as_ref())
                    .verify(message, signature)
            }
            _ => return Err(Error::Algorithm),
        }
        .map_err(|_| Error::Mismatch)
    }

    /// A signature by an Ed25519 key over exactly `message`, as object proofs have it.
    pub(crate) fn verify_ed25519(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        self.verify(Algorithm::Ed25519, message, signature)
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({:?})", self.kind)
    }
}

/// A member's RSA key.
pub struct PrivateKey {
    pair: RsaKeyPair,
}

impl PrivateKey {
    /// RSA of 2048 bits, the size that everybody accepts. Takes tens of milliseconds.
    pub fn generate() -> Result<PrivateKey, Error> {
        Ok(PrivateKey { pair: RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| Error::BadKey)? })
    }

    /// PKCS#8, DER.
    pub fn from_pkcs8(der: &[u8]) -> Result<PrivateKey, Error> {
        Ok(PrivateKey { pair: RsaKeyPair::from_pkcs8(der).map_err(|_| Error::BadKey)? })
    }

    /// PKCS#8, DER: what is sealed and stored.
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, Error> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().map_err(|_| Error::BadKey)?;
        Ok(der.as_ref().to_vec())
    }

    /// `publicKeyPem` for the actor document: SPKI.
    pub fn public_pem(&self) -> Result<String, Error> {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().map_err(|_| Error::BadKey)?;
        Ok(der_to_pem(der.as_ref()))
    }

    /// RSA PKCS#1 v1.5 with SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = aws_lc_rs::rand::SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| Error::BadKey)?;
        Ok(signature)
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey")
    }
}

/// A member's Ed25519 key, for proofs.
pub struct ProofKey {
    pair: Ed25519KeyPair,
}

impl ProofKey {
    /// From the 32-byte seed that is sealed and stored.
    pub fn from_seed(seed: &[u8; 32]) -> Result<ProofKey, Error> {
        Ok(ProofKey { pair: Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| Error::BadKey)? })
    }

    /// `publicKeyMultibase`.
    pub fn multibase(&self) -> String {
        multibase::encode(&[&ED25519_CODEC, self.pair.public_key().as_ref()].concat())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

fn pem_to_der(pem: &str) -> Result<Vec<u8>, Error> {
    if pem.len() > MAX_PEM {
        return Err(Error::BadKey);
    }
    let start = pem.find("-----BEGIN ").and_then(|i| pem.get(i + 11..)).ok_or(Error::BadKey)?;
    let (label, rest) = start.split_once("-----").ok_or(Error::BadKey)?;
    if !label.ends_with("PUBLIC KEY") {
        return Err(Error::BadKey);
    }
    let (body, _) = rest.split_once("-----END").ok_or(Error::BadKey)?;
    // Some servers write the line ends of a JSON string twice escaped.
    let body: String = body.replace("\\n", "").chars().filter(|c| !c.is_whitespace()).collect();
    BASE64.decode(body).map_err(|_| Error::BadKey)
}

fn der_to_pem(der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let mut pem = String::with_capacity(text.len() + 80);
    pem.push_str("-----BEGIN PUBLIC KEY-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).unwrap_or_default());
        pem.push('\n');
    }
    pem.push_str("-----END PUBLIC KEY-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rsa_round_trip() {
        let key = PrivateKey::generate().unwrap();
        let again = PrivateKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap();
        let public = PublicKey::from_pem(&key.public_pem().unwrap().replace('\n', "\r\n")).unwrap();
        let signature = again.sign(b"hello").unwrap();
        assert_eq!(public.verify(Algorithm::OfKey, b"hello", &signature), Ok(()));
        assert_eq!(public.verify(Algorithm::OfKey, b"hullo", &signature), Err(Error::Mismatch));
        assert_eq!(public.verify(Algorithm::Ed25519, b"hello", &signature), Err(Error::Algorithm));
    }

    #[test]
    fn bad_keys() {
        for bad in [
            "",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\n",
        ] {
            assert!(PublicKey::from_pem(bad).is_err(), "{bad}");
        }
        assert!(PublicKey::from_multibase("z6Mk").is_err());
    }
}
