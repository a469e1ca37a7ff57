//! A new or changed profile.

use super::{clean, halt::Halt};
use crate::{
    Hub, InActor, Received,
    gate::{self, Admission},
};
use landbridge_model::{Actor, ActorState, Id, Network, Presence, PresenceState, Time};
use landbridge_store::{
    Change, Write, WriteError,
    entities::{actors, erasures, presences},
};

/// Writers that collide over one new actor.
const TRIES: u32 = 4;

impl Hub {
    pub(super) async fn receive_profile(
        &self,
        network: Network,
        native: &str,
        mut profile: InActor,
        at: Time,
    ) -> Result<Received, Halt> {
        clean::actor(&mut profile)?;
        if profile.native_id != native {
            return Err(Halt::Rule("somebody else's profile"));
        }
        self.check_domain(network, &mut profile)?;
        for _ in 0..TRIES {
            match self.write_profile(network, &profile, at).await {
                Err(Halt::Ignored("identity taken")) => continue,
                Ok(id) => {
                    self.merge_proved(network, id, &profile).await?;
                    return Ok(Received::Stored(Some(id)));
                }
                Err(other) => return Err(other),
            }
        }
        Err(Halt::Failed(crate::HubError::Busy))
    }

    /// The host of an address is what its network has verified; it is never ours, and a reserved name of ours stands
    /// only for its own network.
    fn check_domain(&self, network: Network, profile: &mut InActor) -> Result<(), Halt> {
        let config = self.config();
        let reserved = config.reserved_domain(network);
        if profile.domain.is_empty() {
            let host = gate::host_of(&profile.native_id).map(str::to_lowercase);
            profile.domain = host.unwrap_or_else(|| reserved.clone());
        }
        let own = [config.account_domain.as_str(), config.origin.host_str().unwrap_or_default()];
        let others = (1..=6).filter_map(Network::from_i64).map(|n| config.reserved_domain(n));
        let claims_ours = own.contains(&profile.domain.as_str())
            || profile.domain == host_and_port(config)
            || others.into_iter().any(|domain| domain == profile.domain && domain != reserved);
        if claims_ours { Err(Halt::Rule("an address on this very server")) } else { Ok(()) }
    }

    async fn write_profile(&self, network: Network, profile: &InActor, at: Time) -> Result<Id, Halt> {
        let known = self.store().row(actors::by_native(network, &profile.native_id)).await?;
        let known = known.map(|mut row| actors::read(&mut row)).transpose()?;
        if known.as_ref().is_some_and(Actor::is_member) {
            return Err(Halt::Ignored("a member's own, from outside"));
        }
        if let Some(known) = &known
            && let Admission::Closed(why) = gate::admit(self, network, known, &profile.native_id).await?
        {
            return Err(Halt::Ignored(why));
        }
        let mut write = Write::default();
        let (id, created_at) = match &known {
            Some(actor) => (actor.id, actor.created_at),
            None => {
                self.check_newcomer(network, profile, at).await?;
                (self.ids().next(), profile.created_at.unwrap_or(at))
            }
        };
        let moved_to = match &profile.moved_to {
            Some(to) => self.known_actor(network, to).await?.map(|actor| actor.id).filter(|to| *to != id),
            None => None,
        };
        let told =
            |now: Option<u64>, before: fn(&Actor) -> u64| now.or(known.as_ref().map(before)).unwrap_or(0);
        let mut actor = Actor {
            id,
            kind: profile.kind,
            username: profile.username.clone(),
            domain: Some(profile.domain.clone()),
            state: ActorState::Active,
            locked: profile.locked,
            created_at,
            fetched_at: Some(Time::now()),
            moved_to: moved_to.or_else(|| known.as_ref().filter(|_| profile.moved_to.is_some())?.moved_to),
            last_post_at: None,
            profile: profile.profile.clone(),
            url: profile.url.clone(),
            followers: told(profile.followers, |a| a.followers),
            following: told(profile.following, |a| a.following),
            posts: told(profile.posts, |a| a.posts),
        };
        let renames = self.settle_namesakes(&mut actor, network, &profile.native_id).await?;
        match known {
            Some(_) => {
                write.push(actors::refresh(&actor, network));
                write.push(presences::set_facts(network, &profile.native_id, &profile.facts));
            }
            None => {
                // First, so that of two that race one fails by name and reads again.
                write.push(presences::insert(&Presence {
                    actor: id,
                    network,
                    native_id: profile.native_id.clone(),
                    state: PresenceState::Active,
                    facts: profile.facts.clone(),
                    since: at,
                }));
                write.push(actors::insert(&actor, Some(network)));
            }
        }
        renames.into_iter().for_each(|rename| write.push(rename));
        self.store().write(write).await.map_err(|error| match error {
            WriteError::Precondition(name) => Halt::Ignored(name),
            other => other.into(),
        })?;
        Ok(id)
    }

    /// A newcomer's host must not be blocked, and what was erased stays erased: nothing dated before that comes back.
    async fn check_newcomer(&self, network: Network, profile: &InActor, at: Time) -> Result<(), Halt> {
        if self.domain_rule(&profile.domain).await? == Some(crate::moderation::Rule::Block) {
            return Err(Halt::Ignored("blocked host"));
        }
        let erased = erasures::find(super::subject(self, network, &profile.native_id));
        if let Some(mut row) = self.store().row(erased).await?
            && at <= row.get::<Time>(0)?
        {
            return Err(Halt::Ignored("erased"));
        }
        Ok(())
    }

    /// An address names one actor. When its host now gives it to another native id, who had it before keeps followers
    /// and posts, but not the name: nobody inherits somebody else's followers by taking over a handle. Whoever the host does
    /// not give it to takes it from nobody: on Lemmy a person and a community may have one name.
    async fn settle_namesakes(
        &self,
        actor: &mut Actor,
        network: Network,
        native: &str,
    ) -> Result<Vec<Change>, Halt> {
        let (name, domain) = (&actor.username, actor.domain.as_deref().unwrap_or_default());
        let namesakes = self.store().rows(actors::namesakes(name, domain, actor.id)).await?;
        let renamed = |id: Id| format!("{name}-{id}");
        if !namesakes.is_empty() && !self.has_address(network, name, domain, native).await {
            actor.username = renamed(actor.id);
            return Ok(Vec::new());
        }
        let mut renames = Vec::new();
        for mut row in namesakes {
            let other: Id = row.get(0)?;
            renames.push(actors::rename(other, &renamed(other)));
        }
        Ok(renames)
    }

    async fn has_address(&self, network: Network, name: &str, domain: &str, native: &str) -> bool {
        match self.translator(network) {
            Ok(translator) => translator.has_address(self, name, domain, native).await,
            Err(_) => true,
        }
    }
}

fn host_and_port(config: &crate::Config) -> String {
    let host = config.origin.host_str().unwrap_or_default();
    config.origin.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
