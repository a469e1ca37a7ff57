//! A new member.

use super::{Member, Role, Settings, keys::key_change, password};
use crate::{ActKind, Event, EventKind, Hub, HubError, Joined, KeyImport, publish::Reach};
use landbridge_model::{
    Actor, ActorKind, ActorState, Id, Network, Presence, PresenceState, Profile, Time, check_name,
};
use landbridge_store::{
    Change,
    entities::{
        actors,
        members::{self, MemberRow},
        presences,
    },
};

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
    /// Whether nobody has the name here, or had it before.
    pub async fn is_name_free(&self, name: &str) -> Result<bool, HubError> {
        Ok(self.store().row(actors::by_acct(name, "")).await?.is_none())
    }

    /// Creates a member with an identity on each chosen network, in one transaction.
    pub async fn create_member(&self, new: NewMember) -> Result<Member, HubError> {
        let name = new.name.trim().to_lowercase();
        check_name(&name).map_err(|e| HubError::invalid(e.to_string()))?;
        if !self.is_name_free(&name).await? {
            return Err(HubError::invalid("this name is taken"));
        }
        let (id, now) = (self.ids().next(), Time::now());
        let (member_key, sealed_key) = self.new_member_key(id);
        let actor = Actor {
            id,
            kind: ActorKind::Person,
            username: name,
            domain: None,
            state: ActorState::Active,
            locked: false,
            created_at: now,
            fetched_at: None,
            moved_to: None,
            last_post_at: None,
            profile: Profile { discoverable: Some(true), indexable: true, ..Profile::default() },
            url: None,
            followers: 0,
            following: 0,
            posts: 0,
        };
        let settings = Settings { link_identities: new.link_identities, ..Settings::default() };
        let row = MemberRow {
            actor: id,
            password_hash: password::hash(new.password).await?,
            role: new.role.key().into(),
            settings: serde_json::to_string(&settings).map_err(|_| HubError::Damaged("settings"))?,
            created_at: now,
        };
        let mut changes = vec![actors::insert(&actor, None), members::insert(&row, sealed_key)];
        for (network, import) in new.networks {
            let joined = self.translator(network)?.join(self, &actor, import).await?;
            changes.extend(identity(&member_key, id, network, joined));
        }
        match self.store().write(changes).await.map_err(HubError::from) {
            Err(HubError::Conflict("duplicate")) => {
                return Err(HubError::invalid("this name or key is taken"));
            }
            other => other?,
        };
        self.commit(&actor, ActKind::Profile, None, Reach::Everywhere, Vec::new()).await?;
        self.bus().send(Event { members: vec![id], public: false, kind: EventKind::Member(id) });
        self.member(id).await
    }

    /// Joins one more network, or one that was switched off again.
    pub async fn join_network(
        &self,
        member: Id,
        network: Network,
        import: Option<KeyImport>,
    ) -> Result<(), HubError> {
        let actor = self.acting(member).await?;
        let changes = match self.presence(member, network).await? {
            Some(Presence { state: PresenceState::Active, .. }) => return Ok(()),
            Some(Presence { state: PresenceState::Off, native_id, .. }) => {
                vec![presences::set_state(network, &native_id, PresenceState::Active)]
            }
            _ => {
                let joined = self.translator(network)?.join(self, &actor, import).await?;
                identity(&self.member_key(member).await?, member, network, joined)
            }
        };
        self.store().write(changes).await?;
        self.commit(&actor, ActKind::Profile, None, Reach::Only(vec![network]), Vec::new()).await?;
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Member(member) });
        Ok(())
    }

    /// Gives a member an identity that lives elsewhere until [`Hub::join_network`] switches it on: the network is told nothing
    /// of it. Who was known here under it is the member from now on.
    pub async fn adopt_identity(&self, member: Id, network: Network, joined: Joined) -> Result<(), HubError> {
        let native_id = joined.presence.native_id.clone();
        if self.presence(member, network).await?.is_some() {
            return Err(HubError::invalid("the member has an identity on this network"));
        }
        let known = self.presence_by_native(network, &native_id).await?;
        if let Some(known) = &known
            && self.actor(known.actor).await?.is_member()
        {
            return Err(HubError::invalid("this identity is another member's"));
        }
        let facts = joined.presence.facts.clone();
        let mut changes = identity(&self.member_key(member).await?, member, network, joined);
        if known.is_some() {
            let row = [
                presences::reassign(network, &native_id, member),
                presences::set_facts(network, &native_id, &facts),
            ];
            // In place of the new row, which is the first.
            changes.splice(..1, row);
        }
        changes.push(presences::set_state(network, &native_id, PresenceState::Off));
        self.store().write(changes).await?;
        self.bus().send(Event { members: vec![member], public: false, kind: EventKind::Member(member) });
        Ok(())
    }
}

/// Rows of an identity and its keys.
fn identity(member_key: &crate::seal::SecretKey, actor: Id, network: Network, joined: Joined) -> Vec<Change> {
    let Joined { presence, keys } = joined;
    let presence = Presence {
        actor,
        network,
        native_id: presence.native_id,
        state: PresenceState::Active,
        facts: presence.facts,
        since: Time::now(),
    };
    let mut changes = vec![presences::insert(&presence)];
    changes.extend(keys.iter().map(|k| key_change(member_key, actor, network, k)));
    changes
}
