//! Encryption to an app: `aes128gcm` (RFC 8291 on RFC 8188), and `aesgcm`, the draft before it that older apps read
//! (draft-ietf-webpush-encryption-04 on draft-ietf-httpbis-encryption-encoding-03).
//!
//! Both agree with the app's key on a secret, by a key pair made for this one message, and mix in what app and server share.
//! `None` when the app's key is no point of the curve.

use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree},
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
    rand,
};
use landbridge_hub::accounts::PushPlace;

/// Bytes of a text that surely go into the one record that a message is (RFC 8291, section 4).
pub(super) const MOST: usize = 3993;
/// Length of records that we name; ours has only one.
const RECORD: u32 = 4096;
/// Ends the last record (RFC 8188, section 2).
const LAST: u8 = 2;

/// A message as the draft has it: salt and key of ours go into headers.
pub(super) struct Draft {
    pub body: Vec<u8>,
    pub salt: [u8; 16],
    pub public: Vec<u8>,
}

/// The whole body, header and all.
pub(super) fn aes128gcm(to: &PushPlace, text: &[u8]) -> Option<Vec<u8>> {
    aes128gcm_with(to, text, &PrivateKey::generate(&ECDH_P256).ok()?, salt()?)
}

pub(super) fn aesgcm(to: &PushPlace, text: &[u8]) -> Option<Draft> {
    aesgcm_with(to, text, &PrivateKey::generate(&ECDH_P256).ok()?, salt()?)
}

/// RFC 8291, section 3.4.
fn aes128gcm_with(to: &PushPlace, text: &[u8], ours: &PrivateKey, salt: [u8; 16]) -> Option<Vec<u8>> {
    let public = ours.compute_public_key().ok()?;
    let public = public.as_ref();
    let info: [&[u8]; 3] = [b"WebPush: info\0", &to.key, public];
    let shared: [u8; 32] = expand(&agreed(to, ours)?, &info)?;
    let mixed = Salt::new(HKDF_SHA256, &salt).extract(&shared);
    let key = expand(&mixed, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce = expand(&mixed, &[b"Content-Encoding: nonce\0"])?;
    let sealed = seal(key, nonce, [text, &[LAST][..]].concat())?;
    let header = [&salt[..], &RECORD.to_be_bytes(), &[u8::try_from(public.len()).ok()?], public].concat();
    Some([header, sealed].concat())
}

/// The draft's section 4.
fn aesgcm_with(to: &PushPlace, text: &[u8], ours: &PrivateKey, salt: [u8; 16]) -> Option<Draft> {
    let public = ours.compute_public_key().ok()?.as_ref().to_vec();
    let shared: [u8; 32] = expand(&agreed(to, ours)?, &[b"Content-Encoding: auth\0"])?;
    let mixed = Salt::new(HKDF_SHA256, &salt).extract(&shared);
    let length = |key: &[u8]| u16::try_from(key.len()).map(u16::to_be_bytes).ok();
    let (theirs_length, ours_length) = (length(&to.key)?, length(&public)?);
    let context: [&[u8]; 5] = [b"P-256\0", &theirs_length, &to.key, &ours_length, &public];
    let about = |what: &'static [u8]| [&[what][..], &context[..]].concat();
    let key = expand(&mixed, &about(b"Content-Encoding: aesgcm\0"))?;
    let nonce = expand(&mixed, &about(b"Content-Encoding: nonce\0"))?;
    // No padding: two bytes of its length, before the text.
    let body = seal(key, nonce, [&[0, 0][..], text].concat())?;
    Some(Draft { body, salt, public })
}

/// What follows from both key pairs and from what app and server share.
fn agreed(to: &PushPlace, ours: &PrivateKey) -> Option<Prk> {
    let theirs = UnparsedPublicKey::new(&ECDH_P256, &to.key);
    agree(ours, theirs, (), |secret| Ok(Salt::new(HKDF_SHA256, &to.secret).extract(secret))).ok()
}

fn expand<const N: usize>(from: &Prk, info: &[&[u8]]) -> Option<[u8; N]> {
    let mut out = [0; N];
    from.expand(info, Bytes(N)).ok()?.fill(&mut out).ok()?;
    Some(out)
}

/// So many bytes of key.
struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

fn seal(key: [u8; 16], nonce: [u8; 12], mut text: Vec<u8>) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).ok()?);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text).ok()?;
    Some(text)
}

fn salt() -> Option<[u8; 16]> {
    let mut salt = [0; 16];
    rand::fill(&mut salt).ok()?;
    Some(salt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    fn place(key: &str, secret: &str) -> PushPlace {
        PushPlace { endpoint: String::new(), key: bytes(key), secret: bytes(secret), standard: true }
    }

    fn private(text: &str) -> PrivateKey {
        PrivateKey::from_private_key(&ECDH_P256, &bytes(text)).unwrap()
    }

    fn salt(text: &str) -> [u8; 16] {
        bytes(text).try_into().unwrap()
    }

    /// RFC 8291, section 5 and appendix A.
    #[test]
    fn the_example_of_the_rfc() {
        let to = place(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        );
        let text = b"When I grow up, I want to be a watermelon";
        let ours = private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let body = aes128gcm_with(&to, text, &ours, salt("DGv6ra1nlYgDCS1FRnbzlw")).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    /// draft-ietf-webpush-encryption-04, section 5.
    #[test]
    fn the_example_of_the_draft() {
        let to = place(
            "BCEkBjzL8Z3C-oi2Q7oE5t2Np-p7osjGLg93qUP0wvqRT21EEWyf0cQDQcakQMqz4hQKYOQ3il2nNZct4HgAUQU",
            "R29vIGdvbyBnJyBqb29iIQ",
        );
        let ours = private("nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY");
        let made = aesgcm_with(&to, b"I am the walrus", &ours, salt("lngarbyKfMoi9Z75xYXmkg")).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(&made.public),
            "BNoRDbb84JGm8g5Z5CFxurSqsXWJ11ItfXEWYVLE85Y7CYkDjXsIEc4aqxYaQ1G8BqkXCJ6DPpDrWtdWj_mugHU"
        );
        assert_eq!(URL_SAFE_NO_PAD.encode(made.body), "6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA");
    }

    #[test]
    fn each_message_has_its_own_key_and_strange_keys_are_none() {
        let mut to = place(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        );
        let (one, other) = (aes128gcm(&to, b"text").unwrap(), aes128gcm(&to, b"text").unwrap());
        assert_ne!((&one[..16], &one[21..86]), (&other[..16], &other[21..86]));
        assert_eq!(aes128gcm(&to, &[b'x'; MOST]).unwrap().len(), RECORD as usize);
        *to.key.last_mut().unwrap() ^= 1;
        assert!(aes128gcm(&to, b"text").is_none(), "not on the curve");
        to.key = vec![0; 65];
        assert!(aesgcm(&to, b"text").is_none());
        to.key.clear();
        assert!(aesgcm(&to, b"text").is_none());
    }
}
