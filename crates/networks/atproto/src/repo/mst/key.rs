//! Keys and their heights.

use crate::crypto::sha256;

/// Longest key, in bytes.
pub const MAX_KEY: usize = 1024;

/// The height of a key: zero bits at the start of its SHA-256, halved ("fanout 4").
pub fn height(key: &str) -> u32 {
    let mut zeros = 0;
    for byte in sha256(key.as_bytes()) {
        zeros += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    zeros / 2
}

/// Whether the text can be a key: two segments of the characters of a record key, which are not empty.
pub fn is_key(key: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_~-:.".contains(&b))
    };
    key.len() <= MAX_KEY
        && key.split_once('/').is_some_and(|(collection, rkey)| part(collection) && part(rkey))
}

/// How many bytes the texts have in common at the start.
pub fn shared_prefix(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}
