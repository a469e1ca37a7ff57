//! Who is who on which network.

use crate::{Hub, HubError};
use landbridge_model::{Actor, Id, Network, Presence};

impl Hub {
    pub async fn actor(&self, id: Id) -> Result<Actor, HubError> {
        unbuilt!(id)
    }

    /// Actors by id, in the order asked; missing ones are left out.
    pub async fn actors(&self, ids: &[Id]) -> Result<Vec<Actor>, HubError> {
        unbuilt!(ids)
    }

    /// Somebody by address, as known here without asking anybody.
    pub async fn actor_by_acct(&self, acct: &landbridge_model::Acct) -> Result<Option<Actor>, HubError> {
        unbuilt!(acct)
    }

    /// Somebody by native id, as known here without asking anybody.
    pub async fn actor_by_native(&self, network: Network, native_id: &str) -> Result<Option<Actor>, HubError> {
        unbuilt!(network, native_id)
    }

    /// All identities of an actor.
    pub async fn presences(&self, actor: Id) -> Result<Vec<Presence>, HubError> {
        unbuilt!(actor)
    }

    pub async fn presence(&self, actor: Id, network: Network) -> Result<Option<Presence>, HubError> {
        unbuilt!(actor, network)
    }

    pub async fn presence_by_native(&self, network: Network, native_id: &str) -> Result<Option<Presence>, HubError> {
        unbuilt!(network, native_id)
    }

    /// Identities on one network of many actors.
    pub async fn presences_of(&self, actors: &[Id], network: Network) -> Result<Vec<Presence>, HubError> {
        unbuilt!(actors, network)
    }

    /// Identities on that network of everyone who follows the actor (accepted follows): for fan-out.
    pub async fn follower_presences(&self, actor: Id, network: Network) -> Result<Vec<Presence>, HubError> {
        unbuilt!(actor, network)
    }

    /// Identities on that network of everyone whom the actor follows.
    pub async fn followed_presences(&self, actor: Id, network: Network) -> Result<Vec<Presence>, HubError> {
        unbuilt!(actor, network)
    }

    /// Identities on that network that any member follows: what a reader subscribes to.
    pub async fn all_followed(&self, network: Network) -> Result<Vec<Presence>, HubError> {
        unbuilt!(network)
    }

    /// Replaces the network's own facts about an identity.
    pub async fn set_facts(&self, network: Network, native_id: &str, facts: serde_json::Value) -> Result<(), HubError> {
        unbuilt!(network, native_id, facts)
    }
}
