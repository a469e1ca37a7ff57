//! Formats of strings (<https://atproto.com/specs/lexicon#string-formats>).

use crate::syntax::{
    AtIdentifier, AtUri, Datetime, Did, Handle, Language, Nsid, RecordKey, Tid, is_cid_string, is_uri,
};
use serde::Deserialize;

/// What a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StringFormat {
    AtIdentifier,
    AtUri,
    Cid,
    Datetime,
    Did,
    Handle,
    Language,
    Nsid,
    RecordKey,
    Tid,
    Uri,
    /// One that is not known here: everything fits.
    #[serde(other)]
    Other,
}

impl StringFormat {
    /// Whether the text is one.
    pub fn fits(self, text: &str) -> bool {
        match self {
            StringFormat::AtIdentifier => AtIdentifier::parse(text).is_ok(),
            StringFormat::AtUri => AtUri::parse(text).is_ok(),
            StringFormat::Cid => is_cid_string(text),
            StringFormat::Datetime => Datetime::parse(text).is_ok(),
            StringFormat::Did => Did::parse(text).is_ok(),
            StringFormat::Handle => Handle::parse(text).is_ok(),
            StringFormat::Language => Language::parse(text).is_ok(),
            StringFormat::Nsid => Nsid::parse(text).is_ok(),
            StringFormat::RecordKey => RecordKey::parse(text).is_ok(),
            StringFormat::Tid => Tid::parse(text).is_ok(),
            StringFormat::Uri => is_uri(text),
            StringFormat::Other => true,
        }
    }
}
