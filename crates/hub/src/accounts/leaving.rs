//! Leaving: one network, for a while, or for good.

use crate::{Hub, HubError};
use landbridge_model::{Id, Network};

impl Hub {
    /// Switches a network off for a member: the network is told, nothing is sent or taken in any more.
    pub async fn leave_network(&self, member: Id, network: Network) -> Result<(), HubError> {
        unbuilt!(member, network)
    }

    /// Hides the account everywhere it can be hidden, until [`Hub::reactivate`].
    pub async fn deactivate(&self, member: Id) -> Result<(), HubError> {
        unbuilt!(member)
    }

    pub async fn reactivate(&self, member: Id) -> Result<(), HubError> {
        unbuilt!(member)
    }

    /// Deletes an account for good: every network is told what it needs, then everything of the member is erased.
    /// The name is never given out again.
    pub async fn delete_member(&self, member: Id) -> Result<(), HubError> {
        unbuilt!(member)
    }
}
