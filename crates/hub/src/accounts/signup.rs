//! A new member.

use crate::{Hub, HubError, KeyImport, accounts::{Member, Role}};
use landbridge_model::Network;

/// What it takes to become a member.
#[derive(Clone)]
pub struct NewMember {
    /// See [`landbridge_model::check_name`].
    pub name: String,
    pub password: String,
    pub role: Role,
    /// Where to be; each with a key that the member brings along, if any.
    pub networks: Vec<(Network, Option<KeyImport>)>,
    pub link_identities: bool,
}

impl Hub {
    /// Creates a member with an identity on each chosen network, in one transaction.
    pub async fn create_member(&self, new: NewMember) -> Result<Member, HubError> {
        unbuilt!(new)
    }

    /// Joins one more network.
    pub async fn join_network(&self, member: landbridge_model::Id, network: Network, import: Option<KeyImport>) -> Result<(), HubError> {
        unbuilt!(member, network, import)
    }
}
