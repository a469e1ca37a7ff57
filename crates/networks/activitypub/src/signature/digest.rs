//! Digests of bodies: `Digest` (RFC 3230) and `Content-Digest` (RFC 9530).

use super::Error;
use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Standard alphabet, padding as the sender likes.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `SHA-256=...`: in upper case, since Threads refuses anything else.
pub fn header(body: &[u8]) -> String {
    format!("SHA-256={}", BASE64.encode(digest(&SHA256, body)))
}

/// `sha-256=:...:` (RFC 9530, 2).
pub fn content_header(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64.encode(digest(&SHA256, body)))
}

/// Checks either header. Every digest of a known algorithm must match, and there must be one.
pub(crate) fn check(value: &str, body: &[u8]) -> Result<(), Error> {
    let mut known = false;
    for member in value.split(',') {
        let (name, encoded) = member.trim().split_once('=').ok_or(Error::Digest)?;
        let algorithm = match () {
            () if name.eq_ignore_ascii_case("sha-256") => &SHA256,
            () if name.eq_ignore_ascii_case("sha-512") => &SHA512,
            () => continue,
        };
        let claimed = BASE64.decode(encoded.trim_matches(':')).map_err(|_| Error::Digest)?;
        if claimed != digest(algorithm, body).as_ref() {
            return Err(Error::Digest);
        }
        known = true;
    }
    if known { Ok(()) } else { Err(Error::Digest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        assert_eq!(header(b""), "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        for good in [header(b"x"), content_header(b"x"), header(b"x").to_lowercase().replace("sha-256=", "")]
        {
            // The lower-cased digest itself is another value: the last one must fail.
            assert_eq!(check(&good, b"x").is_ok(), good.contains("256"), "{good}");
        }
        assert!(check(&format!("md5=abc, {}", content_header(b"x")), b"x").is_ok());
        assert_eq!(check("md5=abc", b"x"), Err(Error::Digest));
        assert_eq!(check(&header(b"y"), b"x"), Err(Error::Digest));
        assert_eq!(check("", b"x"), Err(Error::Digest));
    }
}
