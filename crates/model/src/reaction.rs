//! Likes and emoji reactions.

use crate::{Emoji, Id, Time};
use serde::{Deserialize, Serialize};

/// One actor's answer to a post by one sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    pub id: Id,
    pub actor: Id,
    pub post: Id,
    /// Empty: a plain like. `-`: a dislike (stored, never notified). Otherwise a Unicode emoji or `:shortcode:`.
    pub content: String,
    /// The picture of a `:shortcode:`.
    pub emoji: Option<Emoji>,
    pub at: Time,
}

impl Reaction {
    pub fn is_like(&self) -> bool {
        self.content.is_empty()
    }
}
