//! Polls.

use crate::Time;
use serde::{Deserialize, Serialize};

/// A question with options. Counts are sums over the networks, one per linked identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    pub options: Vec<PollOption>,
    pub multiple: bool,
    /// Hide counts from readers until the end.
    #[serde(default)]
    pub hide_totals: bool,
    pub ends_at: Option<Time>,
    #[serde(default)]
    pub closed: bool,
    /// People who voted, when known.
    #[serde(default)]
    pub voters: Option<u64>,
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollOption {
    pub title: String,
    #[serde(default)]
    pub votes: u64,
}

impl Poll {
    /// No more votes are counted.
    pub fn is_over(&self, now: Time) -> bool {
        self.closed || self.ends_at.is_some_and(|end| end <= now)
    }
}
