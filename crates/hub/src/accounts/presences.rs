//! Who is who on which network.

use crate::{Hub, HubError};
use landbridge_model::{Acct, Actor, Id, Network, Presence};
use landbridge_store::{
    Query,
    entities::{actors, follows, home, mentions, posts, presences},
};
use std::collections::HashMap;

impl Hub {
    pub async fn actor(&self, id: Id) -> Result<Actor, HubError> {
        let mut row = self.store().row(actors::by_id(id)).await?.ok_or(HubError::NotFound)?;
        Ok(actors::read(&mut row)?)
    }

    /// Actors by id, in the order asked; missing ones are left out.
    pub async fn actors(&self, ids: &[Id]) -> Result<Vec<Actor>, HubError> {
        let mut found = HashMap::new();
        for mut row in self.store().rows(actors::by_ids(ids)).await? {
            let actor = actors::read(&mut row)?;
            found.insert(actor.id, actor);
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Somebody by address, as known here without asking anybody.
    pub async fn actor_by_acct(&self, acct: &Acct) -> Result<Option<Actor>, HubError> {
        let config = self.config();
        let domain = acct.domain.as_deref().unwrap_or_default();
        let own_host = config.origin.host_str().unwrap_or_default();
        let ours = domain == config.account_domain || domain == own_host;
        let domain = if ours { "" } else { domain };
        let row = self.store().row(actors::by_acct(&acct.username, domain)).await?;
        Ok(row.map(|mut r| actors::read(&mut r)).transpose()?)
    }

    /// Somebody by native id, as known here without asking anybody.
    pub async fn actor_by_native(
        &self,
        network: Network,
        native_id: &str,
    ) -> Result<Option<Actor>, HubError> {
        let row = self.store().row(actors::by_native(network, native_id)).await?;
        Ok(row.map(|mut r| actors::read(&mut r)).transpose()?)
    }

    /// All identities of an actor.
    pub async fn presences(&self, actor: Id) -> Result<Vec<Presence>, HubError> {
        self.read_presences(presences::of_actor(actor)).await
    }

    pub async fn presence(&self, actor: Id, network: Network) -> Result<Option<Presence>, HubError> {
        Ok(self.presences(actor).await?.into_iter().find(|p| p.network == network))
    }

    pub async fn presence_by_native(
        &self,
        network: Network,
        native_id: &str,
    ) -> Result<Option<Presence>, HubError> {
        Ok(self.read_presences(presences::by_native(network, native_id)).await?.pop())
    }

    /// Identities on one network of many actors.
    pub async fn presences_of(&self, actors: &[Id], network: Network) -> Result<Vec<Presence>, HubError> {
        self.read_presences(presences::of_actors_on(actors, network)).await
    }

    /// Identities on that network of everyone who follows the actor (accepted follows): for fan-out.
    pub async fn follower_presences(&self, actor: Id, network: Network) -> Result<Vec<Presence>, HubError> {
        self.read_presences(presences::of_followers(actor, network)).await
    }

    /// Identities on that network of everyone whom the actor follows.
    pub async fn followed_presences(&self, actor: Id, network: Network) -> Result<Vec<Presence>, HubError> {
        self.read_presences(presences::of_followed(actor, network)).await
    }

    /// Native ids of the members whom somebody follows, or has asked to, by that network.
    pub async fn followed_members(&self, actor: Id, network: Network) -> Result<Vec<String>, HubError> {
        let rows = self.store().rows(presences::members_followed_by(actor, network)).await?;
        rows.into_iter().map(|mut r| Ok(r.get(0)?)).collect()
    }

    /// Identities of everybody elsewhere who follows a member by that network: what a reader asks about.
    pub async fn all_followers(&self, network: Network) -> Result<Vec<Presence>, HubError> {
        self.read_presences(presences::followers_of_members(network)).await
    }

    /// Identities on that network that any member follows: what a reader subscribes to.
    pub async fn all_followed(&self, network: Network) -> Result<Vec<Presence>, HubError> {
        self.read_presences(presences::followed_by_members(network)).await
    }

    /// Replaces the network's own facts about an identity.
    pub async fn set_facts(
        &self,
        network: Network,
        native_id: &str,
        facts: serde_json::Value,
    ) -> Result<(), HubError> {
        self.store().write(presences::set_facts(network, native_id, &facts)).await?;
        Ok(())
    }

    async fn read_presences(&self, query: Query) -> Result<Vec<Presence>, HubError> {
        let rows = self.store().rows(query).await?;
        rows.into_iter().map(|mut r| Ok(presences::read(&mut r)?)).collect()
    }

    async fn read_ids(&self, query: Query) -> Result<Vec<Id>, HubError> {
        let rows = self.store().rows(query).await?;
        rows.into_iter().map(|mut r| Ok(r.get(0)?)).collect()
    }

    /// Members with an accepted follow of that actor.
    pub(crate) async fn member_followers(&self, actor: Id) -> Result<Vec<Id>, HubError> {
        self.read_ids(follows::members_following(actor)).await
    }

    /// Members who want to be told of every post of that actor.
    pub(crate) async fn eager_followers(&self, actor: Id) -> Result<Vec<Id>, HubError> {
        self.read_ids(follows::eager(actor)).await
    }

    /// Members on whose home timeline a post stands.
    pub(crate) async fn home_members(&self, post: Id) -> Result<Vec<Id>, HubError> {
        self.read_ids(home::members_with(post)).await
    }

    /// Members whom a post names or addresses.
    pub(crate) async fn named_members(&self, post: Id) -> Result<Vec<Id>, HubError> {
        self.read_ids(mentions::members(post)).await
    }

    /// Members who reposted a post.
    pub(crate) async fn reposters_here(&self, post: Id) -> Result<Vec<Id>, HubError> {
        self.read_ids(posts::member_reposters(post)).await
    }

    /// Actors on a host with a follow from or to that member.
    pub(crate) async fn related_on(&self, member: Id, domain: &str) -> Result<Vec<Id>, HubError> {
        self.read_ids(follows::related_on(member, domain)).await
    }
}
