//! Namespaced identifiers: names of record types and methods (<https://atproto.com/specs/nsid>).

use super::{SyntaxError, checked_string, is_label};

/// A NSID, such as `app.bsky.feed.post`. The authority is in small letters, the name keeps its case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nsid(Box<str>);

checked_string!(Nsid);

impl Nsid {
    /// Longest NSID, in bytes.
    const LONGEST: usize = 317;

    /// A reversed domain of two or more labels, then a name of 1 to 63 letters and digits that begins with a letter.
    pub fn parse(text: &str) -> Result<Nsid, SyntaxError> {
        let no = |why| Err(SyntaxError { kind: "NSID", why });
        if text.len() > Self::LONGEST {
            return no("longer than 317 characters");
        }
        let Some((authority, name)) = text.rsplit_once('.') else { return no("fewer than three segments") };
        if !authority.contains('.') {
            return no("fewer than three segments");
        }
        if !authority.split('.').all(is_label) {
            return no("a segment is not 1 to 63 letters, digits and inner hyphens");
        }
        if !authority.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return no("does not begin with a letter");
        }
        if name.is_empty() || name.len() > 63 || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return no("the name is not 1 to 63 letters and digits");
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            return no("the name begins with a digit");
        }
        if authority.bytes().any(|b| b.is_ascii_uppercase()) {
            return Ok(Nsid(format!("{}.{name}", authority.to_ascii_lowercase()).into()));
        }
        Ok(Nsid(text.into()))
    }

    /// The domain that speaks for the name, in the usual order: `feed.bsky.app` for `app.bsky.feed.post`.
    pub fn authority(&self) -> String {
        self.0.rsplit('.').skip(1).collect::<Vec<_>>().join(".")
    }

    /// The last segment: `post`.
    pub fn name(&self) -> &str {
        self.0.rsplit('.').next().unwrap_or_default()
    }
}
