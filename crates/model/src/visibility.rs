//! Who a post is for.

use serde::{Deserialize, Serialize};

/// Who a post is for. Decided once, when it is written; an edit never widens it. The number is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(i64)]
pub enum Visibility {
    /// Everyone, everywhere, and on public timelines.
    #[default]
    Public = 0,
    /// Everyone who comes by, but not on public timelines.
    Unlisted = 1,
    /// The author's followers and whoever is mentioned.
    Followers = 2,
    /// Only whoever is mentioned (or, for a remote post, addressed).
    Direct = 3,
}

impl Visibility {
    pub fn from_i64(n: i64) -> Visibility {
        match n {
            0 => Visibility::Public,
            1 => Visibility::Unlisted,
            2 => Visibility::Followers,
            // Unknown means narrowest.
            _ => Visibility::Direct,
        }
    }

    /// Readable by anybody who asks.
    pub fn is_open(self) -> bool {
        matches!(self, Visibility::Public | Visibility::Unlisted)
    }
}

impl From<Visibility> for i64 {
    fn from(v: Visibility) -> i64 {
        v as i64
    }
}
