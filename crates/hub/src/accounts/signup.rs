//! A new member.

use super::{Member, Role, Settings, keys::key_change, password};
use crate::{ActKind, Event, EventKind, Hub, HubError, Joined, KeyImport, publish::Reach};
use landbridge_model::{
    Actor, ActorKind, ActorState, Id, Network, Presence, PresenceState, Profile, Time, Visibility, check_name,
};
use landbridge_store::{
    Change,
    entities::{
        actors,
        members::{self, MemberRow},
        merging, presences,
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
        self.create(new, None).await
    }

    /// The same with an identity that lives elsewhere until [`Hub::join_network`] switches it on: its network is told nothing
    /// of it. Who was known here under it is the member from now on.
    pub async fn create_member_arriving(
        &self,
        new: NewMember,
        network: Network,
        identity: Joined,
    ) -> Result<Member, HubError> {
        self.create(new, Some((network, identity))).await
    }

    async fn create(&self, new: NewMember, arriving: Option<(Network, Joined)>) -> Result<Member, HubError> {
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
        if let Some((network, joined)) = arriving {
            changes.extend(self.adopted(&member_key, id, network, joined).await?);
        }
        match self.store().write(changes).await.map_err(HubError::from) {
            Err(HubError::Conflict("duplicate")) => {
                return Err(HubError::invalid("this name or key is taken"));
            }
            Err(HubError::Conflict("identity taken")) => {
                return Err(HubError::invalid("this identity is another member's"));
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
        // What can never be taken back is not for the young to decide.
        let recallable = self.translator(network)?.carries(Visibility::Followers);
        if !recallable && self.contact_rules(member).await?.1 {
            return Err(HubError::Forbidden(
                "this account joins no network where everything is public for ever",
            ));
        }
        let changes = match self.presence(member, network).await? {
            Some(Presence { state: PresenceState::Active, .. }) => return Ok(()),
            Some(presence) if presence.state == PresenceState::Off => {
                self.translator(network)?.may_return(self, &presence).await?;
                vec![presences::set_state(network, &presence.native_id, PresenceState::Active)]
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

    /// Rows of an identity that lives elsewhere for now.
    async fn adopted(
        &self,
        member_key: &crate::seal::SecretKey,
        member: Id,
        network: Network,
        joined: Joined,
    ) -> Result<Vec<Change>, HubError> {
        let native_id = joined.presence.native_id.clone();
        let facts = joined.presence.facts.clone();
        let mut changes = identity(member_key, member, network, joined);
        if let Some(known) = self.presence_by_native(network, &native_id).await? {
            let who = self.actor(known.actor).await?;
            if who.is_member() {
                return Err(HubError::invalid("this identity is another member's"));
            }
            if who.state == ActorState::Suspended {
                return Err(HubError::Forbidden("this account is suspended here"));
            }
            // In place of the new row, which is the first.
            let mut rows = match self.presences(known.actor).await?.len() {
                1 => {
                    let mut rows = self.joined_conversations(known.actor, member).await?;
                    rows.extend(merging::adopt(known.actor, member));
                    rows
                }
                // Who has been seen on other networks too stays somebody elsewhere, without this identity.
                _ => vec![presences::reassign(network, &native_id, member)],
            };
            rows.push(presences::set_facts(network, &native_id, &facts));
            changes.splice(..1, rows);
        }
        changes.push(presences::set_state(network, &native_id, PresenceState::Off));
        Ok(changes)
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
