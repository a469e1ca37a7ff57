//! Posts pinned to a profile.

use crate::{Hub, HubError};
use landbridge_model::Id;

impl Hub {
    pub async fn pin(&self, member: Id, post: Id, on: bool) -> Result<(), HubError> {
        unbuilt!(member, post, on)
    }
}
