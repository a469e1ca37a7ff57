//! Quotes: one post shown inside another, with the quoted author's say.

use crate::Id;
use serde::{Deserialize, Serialize};

/// A post quoted by another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The quoted post, when it is known here.
    pub post: Option<Id>,
    /// The id on the network where the quote was made, to be shown as a link as long as the post is unknown.
    pub native_id: String,
    pub state: QuoteState,
}

/// What the quoted author's side has said (FEP-044f). Networks without a say are `Accepted` at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(i64)]
pub enum QuoteState {
    Pending = 0,
    Accepted = 1,
    Rejected = 2,
    Revoked = 3,
    Deleted = 4,
}

impl QuoteState {
    pub fn from_i64(n: i64) -> QuoteState {
        use QuoteState::*;
        [Pending, Accepted, Rejected, Revoked, Deleted]
            .into_iter()
            .find(|s| *s as i64 == n)
            .unwrap_or(Pending)
    }
}

/// Who may do something with a post without asking: quote it or reply to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    #[default]
    Everyone,
    Followers,
    Following,
    Mentioned,
    Nobody,
}
