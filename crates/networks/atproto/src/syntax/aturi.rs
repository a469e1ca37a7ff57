//! AT-URIs: repositories, collections and records by name (<https://atproto.com/specs/at-uri-scheme>).

use super::{AtIdentifier, Did, Nsid, RecordKey, SyntaxError};
use std::{fmt, str::FromStr};

/// An AT-URI of the restricted form that lexicons use: `at://AUTHORITY[/COLLECTION[/RKEY]]`, without query and fragment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtUri {
    authority: AtIdentifier,
    path: Option<(Nsid, Option<RecordKey>)>,
}

impl AtUri {
    /// Longest AT-URI, in bytes.
    const LONGEST: usize = 8192;

    /// Reads an AT-URI.
    pub fn parse(text: &str) -> Result<AtUri, SyntaxError> {
        let no = |why| Err(SyntaxError { kind: "AT-URI", why });
        if text.len() > Self::LONGEST {
            return no("longer than 8192 characters");
        }
        let Some(rest) = text.strip_prefix("at://") else { return no("does not begin with at://") };
        let mut parts = rest.split('/');
        let authority = AtIdentifier::parse(parts.next().unwrap_or_default())?;
        let path = match (parts.next(), parts.next()) {
            (None, _) => None,
            (Some(collection), None) => Some((Nsid::parse(collection)?, None)),
            (Some(collection), Some(rkey)) => Some((Nsid::parse(collection)?, Some(RecordKey::parse(rkey)?))),
        };
        if parts.next().is_some() {
            return no("more than two path segments");
        }
        Ok(AtUri { authority, path })
    }

    /// The AT-URI of a record, by DID as all stored ones are.
    pub fn of_record(did: Did, collection: Nsid, rkey: RecordKey) -> AtUri {
        AtUri { authority: AtIdentifier::Did(did), path: Some((collection, Some(rkey))) }
    }

    /// Whose repository.
    pub fn authority(&self) -> &AtIdentifier {
        &self.authority
    }

    /// Whose repository, if it is named by DID: a handle may belong to someone else tomorrow.
    pub fn did(&self) -> Option<&Did> {
        match &self.authority {
            AtIdentifier::Did(did) => Some(did),
            AtIdentifier::Handle(_) => None,
        }
    }

    pub fn collection(&self) -> Option<&Nsid> {
        self.path.as_ref().map(|(collection, _)| collection)
    }

    pub fn rkey(&self) -> Option<&RecordKey> {
        self.path.as_ref().and_then(|(_, rkey)| rkey.as_ref())
    }
}

impl FromStr for AtUri {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        AtUri::parse(text)
    }
}

impl fmt::Display for AtUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at://{}", self.authority)?;
        if let Some((collection, rkey)) = &self.path {
            write!(f, "/{collection}")?;
            if let Some(rkey) = rkey {
                write!(f, "/{rkey}")?;
            }
        }
        Ok(())
    }
}
