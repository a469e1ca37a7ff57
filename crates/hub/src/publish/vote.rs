//! Votes in polls.

use crate::{Hub, HubError, Origin};
use landbridge_model::{Id, Post};

impl Hub {
    /// Votes once; a second time is refused. Gives the post with its new counts.
    pub async fn vote(&self, member: Id, post: Id, choices: &[usize], origin: Option<Origin>) -> Result<Post, HubError> {
        unbuilt!(member, post, choices, origin)
    }
}
