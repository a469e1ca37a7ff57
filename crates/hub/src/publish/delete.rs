//! A deleted post: tombstones stay, every network that has a copy is told.

use crate::{Hub, HubError, Origin};
use landbridge_model::{Id, Post};

impl Hub {
    /// Deletes a post of the member; gives it as it was, for redrafting.
    pub async fn delete_post(&self, member: Id, post: Id, origin: Option<Origin>) -> Result<Post, HubError> {
        unbuilt!(member, post, origin)
    }
}
