//! The gate: who may reach whom.
//!
//! Two questions are asked of everything that arrives. [`admit`]: may this actor be heard here at all? The operator's
//! rules for hosts and moderators' decisions on actors answer it. [`decide`]: may it reach this very member? Blocks, the
//! member's own rules and locked accounts answer it today; the contact machine (first contacts, requests, budgets) will
//! answer here too, which is why whoever reaches a member has to come by.

mod bridges;
mod hosts;

pub(crate) use bridges::is_bridge;
pub(crate) use hosts::{host_of, widening};

use crate::{Hub, HubError, moderation::Rule};
use landbridge_model::{Actor, ActorState, Id};
use landbridge_store::{Query, Row, StoreError, entities::relations};
use std::collections::HashMap;

/// Somebody wants to reach a member.
#[derive(Clone, Copy, Debug)]
pub struct FirstContact<'a> {
    pub member: Id,
    pub stranger: &'a Actor,
    /// The stranger's host is limited here. (A limited actor says so by its state.)
    pub limited: bool,
    pub scope: Scope,
}

/// What for. Being answered once in public opens no private door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Mentions, replies, quotes, reposts, reactions, votes in public.
    Public,
    Follow,
    /// Everything that is not for all to read.
    Private,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Accept,
    /// The member is asked first. Today only follows are held: as requests.
    Hold,
    /// As if it had never come. The reason is for counters and logs.
    Drop(&'static str),
}

/// Whether something of that actor may be taken in at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Open,
    /// Only for those who follow.
    Limited,
    Closed(&'static str),
}

/// Whether this actor may be heard here: state of the actor, and the operator's rule for the host of its native id and
/// for the host of its address. (A relay or server that hands things on is asked for by whoever reads from it, through
/// [`Hub::domain_rule`].)
pub async fn admit(hub: &Hub, actor: &Actor, native_id: &str) -> Result<Admission, HubError> {
    match actor.state {
        ActorState::Suspended => return Ok(Admission::Closed("suspended")),
        ActorState::Deleted => return Ok(Admission::Closed("deleted")),
        ActorState::Deactivated => return Ok(Admission::Closed("deactivated")),
        ActorState::Active | ActorState::Limited => {}
    }
    let mut limited = actor.state == ActorState::Limited;
    for host in [host_of(native_id), actor.domain.as_deref()].into_iter().flatten() {
        match hub.domain_rule(host).await? {
            Some(Rule::Block) => return Ok(Admission::Closed("blocked host")),
            Some(Rule::Limit) => limited = true,
            Some(Rule::Allow) | None => {}
        }
    }
    Ok(if limited { Admission::Limited } else { Admission::Open })
}

/// Whether somebody may reach a member.
pub async fn decide(hub: &Hub, contact: FirstContact<'_>) -> Result<Decision, HubError> {
    let FirstContact { member, stranger, limited, scope } = contact;
    let answer = hub.store().rows(question(stranger, &[member])).await?;
    let decided = answered(answer, stranger, limited, scope)?;
    Ok(decided.get(&member).copied().unwrap_or(Decision::Drop("no such member")))
}

/// What must be known to decide on some members, for whoever asks more in the same trip.
pub(crate) fn question(stranger: &Actor, members: &[Id]) -> Query {
    let hosts = widening(stranger.domain.as_deref().unwrap_or_default());
    relations::of_members(members, stranger.id, &hosts)
}

/// The decisions, from the answer to [`question`]. Whoever is no member is not in them.
pub(crate) fn answered(
    answer: Vec<Row>,
    stranger: &Actor,
    limited: bool,
    scope: Scope,
) -> Result<HashMap<Id, Decision>, StoreError> {
    let limited = limited || stranger.state == ActorState::Limited;
    let mut decided = HashMap::with_capacity(answer.len());
    for mut row in answer {
        let (id, state, locked, follows): (Id, i64, bool, bool) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let (blocked, against): (bool, bool) = (row.get(4)?, row.get(5)?);
        let there = matches!(ActorState::from_i64(state), ActorState::Active | ActorState::Limited);
        let decision = match scope {
            _ if !there => Decision::Drop("the member is away"),
            _ if blocked => Decision::Drop("blocked"),
            _ if against => Decision::Drop("the member blocks this host"),
            Scope::Follow if locked || (limited && !follows) => Decision::Hold,
            Scope::Public | Scope::Private if limited && !follows => Decision::Drop("limited"),
            _ => Decision::Accept,
        };
        decided.insert(id, decision);
    }
    Ok(decided)
}
