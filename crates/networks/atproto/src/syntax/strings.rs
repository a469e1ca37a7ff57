//! The string formats of lexicons that have no type here, because nothing is done with them but to check them.

/// `cid`: looks like a CID in any multibase (<https://atproto.com/specs/lexicon#cid>). For links in data see
/// [`crate::data::Cid`].
pub fn is_cid_string(text: &str) -> bool {
    (8..=256).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'=')
        && !text.starts_with("Qmb")
}

/// `uri`: a scheme and something behind it, without white space, at most 8 KiB
/// (<https://atproto.com/specs/lexicon#uri>).
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    text.len() <= 8192
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b))
        && !rest.is_empty()
        && !rest.chars().any(|c| c.is_whitespace() || c.is_control())
}
