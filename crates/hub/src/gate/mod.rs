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
use landbridge_store::{
    args,
    entities::{blocks, ints},
    query,
};
use std::collections::{HashMap, HashSet};

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
    let decided = decide_each(hub, stranger, limited, &[member], scope).await?;
    Ok(decided.get(&member).copied().unwrap_or(Decision::Drop("no such member")))
}

/// The same for several members at once, in one trip to the store. Whoever is no member is not in the answer.
pub(crate) async fn decide_each(
    hub: &Hub,
    stranger: &Actor,
    limited: bool,
    members: &[Id],
    scope: Scope,
) -> Result<HashMap<Id, Decision>, HubError> {
    if members.is_empty() {
        return Ok(HashMap::new());
    }
    let limited = limited || stranger.state == ActorState::Limited;
    let hosts = widening(stranger.domain.as_deref().unwrap_or_default());
    let answers = hub
        .store()
        .all(vec![
            query(
                "SELECT a.id, a.state, a.locked,
                   CASE WHEN EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = a.id AND f.target_id = ?2 AND f.state = 1)
                        THEN 1 ELSE 0 END
                 FROM actors a WHERE a.id IN {ints ?1} AND a.domain = ''",
                args![ints(members), stranger.id],
            ),
            blocks::between(stranger.id, members),
            blocks::members_against(members, &hosts),
        ])
        .await?;
    let mut answers = answers.into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let (known, blocked, against) = (next(), next(), next());
    let ids = |rows: Vec<landbridge_store::Row>| {
        rows.into_iter().map(|mut row| row.get(0)).collect::<Result<_, _>>()
    };
    let blocked: HashSet<Id> = ids(blocked)?;
    let against: HashSet<Id> = ids(against)?;
    let mut decided = HashMap::with_capacity(known.len());
    for mut row in known {
        let (id, state, locked, follows): (Id, i64, bool, bool) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let there = matches!(ActorState::from_i64(state), ActorState::Active | ActorState::Limited);
        let decision = match scope {
            _ if !there => Decision::Drop("the member is away"),
            _ if blocked.contains(&id) => Decision::Drop("blocked"),
            _ if against.contains(&id) => Decision::Drop("the member blocks this host"),
            Scope::Follow if locked || (limited && !follows) => Decision::Hold,
            Scope::Public | Scope::Private if limited && !follows => Decision::Drop("limited"),
            _ => Decision::Accept,
        };
        decided.insert(id, decision);
    }
    Ok(decided)
}
