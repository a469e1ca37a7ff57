//! Keys and signatures.

use crate::vectors::{base64, json};
use landbridge_atproto::crypto::*;
use proptest::prelude::*;

#[test]
fn signatures() {
    for vector in json("crypto/signature-fixtures.json") {
        let note = &vector["comment"];
        let key = PublicKey::from_did_key(vector["publicKeyDid"].as_str().unwrap()).unwrap();
        let raw =
            PublicKey::from_multibase(key.curve(), vector["publicKeyMultibase"].as_str().unwrap()).unwrap();
        assert_eq!(key, raw, "{note}");
        assert_eq!(key.curve().jwt_algorithm(), vector["algorithm"]);
        let (message, signature) = (base64(&vector["messageBase64"]), base64(&vector["signatureBase64"]));
        let verified = key.verify(&message, &signature);
        assert_eq!(verified.is_ok(), vector["validSignature"].as_bool().unwrap(), "{note}: {verified:?}");
        if vector["tags"].as_array().unwrap().iter().any(|t| t == "high-s") {
            assert_eq!(verified, Err(CryptoError::HighS), "{note}");
        }
        assert!(key.verify(b"another message", &signature).is_err());
    }
}

#[test]
fn did_keys() {
    for vector in json("crypto/w3c_didkey_K256.json") {
        let secret = hex::decode(vector["privateKeyBytesHex"].as_str().unwrap()).unwrap();
        let key = SigningKey::from_bytes(Curve::K256, &secret.try_into().unwrap()).unwrap();
        assert_eq!(key.public().to_did_key(), vector["publicDidKey"].as_str().unwrap());
    }
    for vector in json("crypto/w3c_didkey_P256.json") {
        let secret = base58(vector["privateKeyBytesBase58"].as_str().unwrap());
        let key = SigningKey::from_bytes(Curve::P256, &secret).unwrap();
        assert_eq!(key.public().to_did_key(), vector["publicDidKey"].as_str().unwrap());
        assert_eq!(key.public().to_did_key().parse(), Ok(key.public().clone()));
    }
}

/// base58 of 32 bytes.
fn base58(text: &str) -> [u8; 32] {
    const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0u8; 32];
    for c in text.chars() {
        let mut carry = ALPHABET.find(c).unwrap();
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 255) as u8;
            carry >>= 8;
        }
    }
    bytes
}

#[test]
fn what_is_signed_is_verified_by_its_key_only() {
    for curve in [Curve::K256, Curve::P256] {
        let (key, other) = (SigningKey::generate(curve).unwrap(), SigningKey::generate(curve).unwrap());
        let copy = SigningKey::from_bytes(curve, &key.to_bytes()).unwrap();
        assert_eq!(copy.public(), key.public());
        // Half of the signatures of P-256 would have the higher s.
        for n in 0..40u32 {
            let signature = key.sign(&n.to_be_bytes()).unwrap();
            assert_eq!(copy.public().verify(&n.to_be_bytes(), &signature), Ok(()));
            assert!(other.public().verify(&n.to_be_bytes(), &signature).is_err());
            assert!(key.public().verify(&n.to_le_bytes(), &signature).is_err() || n == 0);
        }
    }
}

#[test]
fn what_is_no_key() {
    for curve in [Curve::K256, Curve::P256] {
        assert!(SigningKey::from_bytes(curve, &[0; 32]).is_err());
        assert!(SigningKey::from_bytes(curve, &[255; 32]).is_err());
        assert!(PublicKey::from_sec1(curve, &[0]).is_err());
        // No point has this x, or the sign byte is not one.
        assert!(PublicKey::from_sec1(curve, &[&[2][..], &[255; 32]].concat()).is_err());
        assert!(PublicKey::from_sec1(curve, &[&[6][..], &[1; 64]].concat()).is_err());
    }
    // A curve that is not known, and no multicodec.
    for text in
        ["did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "did:key:z1", "did:key:", "z", ""]
    {
        assert!(PublicKey::from_did_key(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_no_panic(text in "z?[1-9A-HJ-NP-Za-km-z]{0,60}", point in prop::collection::vec(any::<u8>(), 0..70)) {
        let _ = PublicKey::from_multikey(&text);
        let _ = PublicKey::from_multibase(Curve::P256, &text);
        let _ = PublicKey::from_sec1(Curve::K256, &point);
        if let Ok(key) = PublicKey::from_sec1(Curve::P256, &point) {
            prop_assert_eq!(PublicKey::from_sec1(Curve::P256, &key.to_sec1()), Ok(key));
        }
    }
}
