//! A handle or a DID: whoever is named in a request (<https://atproto.com/specs/lexicon#at-identifier>).

use super::{Did, Handle, SyntaxError};
use std::{fmt, str::FromStr};

/// A handle or a DID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AtIdentifier {
    Did(Did),
    Handle(Handle),
}

impl AtIdentifier {
    /// A DID if it begins with `did:`, else a handle.
    pub fn parse(text: &str) -> Result<AtIdentifier, SyntaxError> {
        if text.starts_with("did:") {
            Did::parse(text).map(AtIdentifier::Did)
        } else {
            Handle::parse(text).map(AtIdentifier::Handle)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            AtIdentifier::Did(did) => did.as_str(),
            AtIdentifier::Handle(handle) => handle.as_str(),
        }
    }
}

impl FromStr for AtIdentifier {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        AtIdentifier::parse(text)
    }
}

impl fmt::Display for AtIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
