//! Reposts (boosts).

use crate::{Hub, HubError, Origin};
use landbridge_model::{Id, Post, Visibility};

impl Hub {
    /// Gives the repost; the same one when it is there already.
    pub async fn repost(&self, member: Id, target: Id, visibility: Option<Visibility>, origin: Option<Origin>) -> Result<Post, HubError> {
        unbuilt!(member, target, visibility, origin)
    }

    pub async fn unrepost(&self, member: Id, target: Id, origin: Option<Origin>) -> Result<(), HubError> {
        unbuilt!(member, target, origin)
    }
}
