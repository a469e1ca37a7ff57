//! What the gate would say of something that others hold too: for doors that show a member what did not come through
//! [`Hub::receive`] (a relay's stored events, what a service says has happened). Asking changes nothing.

use super::{Admission, Approach, Decision, Scope, admit, answered, question};
use crate::{Hub, HubError};
use landbridge_model::{Actor, ActorKind, ActorState, Id, Network, Profile, Time};
use std::collections::HashSet;

impl Hub {
    /// Which of these members something by somebody with that native id reaches, as the gate says now: what it would hold
    /// or drop is not shown by another way either. Somebody unknown here is somebody new.
    pub async fn reaches(
        &self,
        network: Network,
        native_id: &str,
        scope: Scope,
        link_or_media: bool,
        members: &[Id],
    ) -> Result<HashSet<Id>, HubError> {
        let stranger = match self.actor_by_native(network, native_id).await? {
            Some(known) => known,
            None => self.newcomer(network),
        };
        if stranger.is_member() && members.contains(&stranger.id) {
            return Ok(members.iter().copied().collect());
        }
        let limited = match admit(self, network, &stranger, native_id).await? {
            Admission::Closed(_) => return Ok(HashSet::new()),
            admission => admission == Admission::Limited,
        };
        let approach = Approach { stranger: &stranger, limited, scope, link_or_media };
        let answer = self.store().rows(question(&approach, members)).await?;
        let decided = answered(answer, &approach, self.config().gate.new_days)?;
        let accepted = decided.into_iter().filter(|(_, weighed)| weighed.decision == Decision::Accept);
        Ok(accepted.map(|(member, _)| member).collect())
    }

    fn newcomer(&self, network: Network) -> Actor {
        Actor {
            // Known since this moment, which is what its id says.
            id: self.ids().next(),
            kind: ActorKind::Person,
            username: String::new(),
            domain: Some(self.config().reserved_domain(network)),
            state: ActorState::Active,
            locked: false,
            created_at: Time::now(),
            fetched_at: None,
            moved_to: None,
            last_post_at: None,
            profile: Profile::default(),
            url: None,
            followers: 0,
            following: 0,
            posts: 0,
        }
    }
}
