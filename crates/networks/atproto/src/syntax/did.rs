//! Decentralised identifiers (<https://atproto.com/specs/did>).

use super::{Handle, SyntaxError, checked_string};

/// Any well-formed DID. Only those with a [`Did::method`] are accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(Box<str>);

checked_string!(Did);

/// The methods that accounts may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DidMethod {
    /// `did:plc:`: hash of a first operation, kept by a directory.
    Plc,
    /// `did:web:`: a host name.
    Web,
}

impl Did {
    /// Longest DID that a service need take, in bytes.
    const LONGEST: usize = 2048;

    /// `did:`, a method in small letters, `:` and an identifier of `[a-zA-Z0-9._:%-]` that does not end in `:` or `%`.
    pub fn parse(text: &str) -> Result<Did, SyntaxError> {
        let no = |why| Err(SyntaxError { kind: "DID", why });
        if text.len() > Self::LONGEST {
            return no("longer than 2048 characters");
        }
        let Some(rest) = text.strip_prefix("did:") else { return no("does not begin with did:") };
        let Some((method, id)) = rest.split_once(':') else { return no("no method") };
        if method.is_empty() || !method.bytes().all(|b| b.is_ascii_lowercase()) {
            return no("the method is not small letters");
        }
        if id.is_empty() || id.ends_with([':', '%']) {
            return no("the identifier is empty or ends in : or %");
        }
        if !id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:%-".contains(&b)) {
            return no("the identifier has a character outside a-z A-Z 0-9 . _ : % -");
        }
        Ok(Did(text.into()))
    }

    /// The method, if the DID is one that an account may have ("blessed methods"): `did:plc` with 24 characters of
    /// base32, or `did:web` with a host name, without port (but for localhost) and without path.
    pub fn method(&self) -> Option<DidMethod> {
        if let Some(id) = self.0.strip_prefix("did:plc:") {
            let base32 = |b| matches!(b, b'a'..=b'z' | b'2'..=b'7');
            return (id.len() == 24 && id.bytes().all(base32)).then_some(DidMethod::Plc);
        }
        let id = self.0.strip_prefix("did:web:")?;
        let local = id.strip_prefix("localhost").is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_prefix("%3A").is_some_and(|port| port.parse::<u16>().is_ok_and(|p| p != 0))
        });
        (local || Handle::parse(id).is_ok()).then_some(DidMethod::Web)
    }
}
