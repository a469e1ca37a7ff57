//! The identifiers of AT Protocol, one file each: what is checked is what the specification of the identifier says,
//! no more (<https://atproto.com/specs/handle>, `/did`, `/nsid`, `/at-uri-scheme`, `/record-key`, `/tid`, and the
//! string formats of `/lexicon`).
//!
//! Each type is a checked string: it can be made from text only by `parse` (or `str::parse`), and shows as it was
//! written, except where the specification has a normal form (handles and the authority of a NSID are lower case).

mod aturi;
mod datetime;
mod did;
mod handle;
mod identifier;
mod language;
mod nsid;
mod rkey;
mod strings;
mod tid;

pub use aturi::AtUri;
pub use datetime::Datetime;
pub use did::{Did, DidMethod};
pub use handle::Handle;
pub use identifier::AtIdentifier;
pub use language::Language;
pub use nsid::Nsid;
pub use rkey::RecordKey;
pub use strings::{is_cid_string, is_uri};
pub use tid::{Tid, TidClock};

/// Text that is not the identifier it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}: {why}")]
pub struct SyntaxError {
    /// The identifier expected, such as `handle`.
    pub kind: &'static str,
    /// What is wrong with the text.
    pub why: &'static str,
}

/// What all checked strings can do: parse, show, compare with text, serialise as text.
macro_rules! checked_string {
    ($name:ident) => {
        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::syntax::SyntaxError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
use checked_string;

/// One label of a domain name: 1 to 63 ASCII letters, digits and inner hyphens.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}
