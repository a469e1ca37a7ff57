//! The gate: who may reach whom.
//!
//! Two questions are asked of everything that arrives. [`admit`]: may this actor be heard here at all? The operator's
//! rules for hosts and moderators' decisions on actors answer it. [`decide`]: may it reach this very member? Blocks answer
//! first; then what the member has answered this stranger before, in this scope ([`contacts`]); then, for who was never
//! answered, the member's own rules ([`rules`]). Of what would reach a member for the first time, budgets are asked too
//! ([`budget`]); what exceeds them waits for its turn ([`parking`]), and what is nearly the same for many is one wave
//! ([`waves`]). What is held is kept by `receive::held`, and nowhere else.

mod act;
mod bridges;
mod budget;
mod contacts;
mod here;
mod hosts;
mod knock;
mod log;
mod outward;
mod parking;
mod rules;
mod shown;
mod waves;

pub(crate) use act::parted;
pub(crate) use bridges::is_bridge;
pub use budget::Carrier;
pub(crate) use budget::{Budgets, host_of_origin};
pub use contacts::{Contact, FirstText, HELD, State, Waiting};
pub(crate) use here::{Deed, DeedKind, Kept};
pub(crate) use hosts::{host_of, widening};
pub(crate) use knock::Brought;
pub use log::{Line, Verdict};
pub use outward::PrivateFrom;
pub use rules::{Outcome, Reason, Rules};
pub(crate) use waves::{KEPT, UNDOABLE};
pub use waves::{Wave, WaveAnswer, WaveState};

use crate::{Hub, HubError, moderation::Rule};
use landbridge_model::{Actor, ActorState, Id, Network, Time, Visibility};
use landbridge_store::{Query, Row, StoreError, entities::relations};
use std::{collections::HashMap, time::Duration};

/// How somebody comes to a member.
#[derive(Clone, Copy, Debug)]
pub struct Approach<'a> {
    pub stranger: &'a Actor,
    /// The stranger's host is limited here. (A limited actor says so by its state.)
    pub limited: bool,
    pub scope: Scope,
    /// With a link or files in the text.
    pub link_or_media: bool,
}

/// What for. Being answered once in public opens no private door. The word is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Mentions, replies, quotes, reposts, reactions, votes in public.
    Public,
    Follow,
    /// Everything that is not for all to read.
    Private,
}

impl Scope {
    pub const ALL: [Scope; 3] = [Scope::Public, Scope::Follow, Scope::Private];

    /// Of something of that visibility.
    pub fn of(visibility: Visibility) -> Scope {
        if visibility.is_open() { Scope::Public } else { Scope::Private }
    }

    /// Of a reaction to it: whoever is shown something may say what they think of it; only a conversation is private.
    pub fn of_reaction(visibility: Visibility) -> Scope {
        if visibility == Visibility::Direct { Scope::Private } else { Scope::Public }
    }

    pub fn key(self) -> &'static str {
        match self {
            Scope::Public => "public",
            Scope::Follow => "follow",
            Scope::Private => "private",
        }
    }

    pub fn from_key(key: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.key() == key)
    }
}

/// The member has said no before.
pub(crate) const DECLINED: &str = "declined";
const BLOCKED: &str = "blocked";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Accept,
    /// The member is asked first.
    Hold(Reason),
    /// As if it had never come. The reason is for counters and logs.
    Drop(&'static str),
    /// The same by a rule of the member, who can read of it.
    Refuse(Reason),
}

/// A decision, and whether it is about a first contact: one that draws from budgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weighed {
    pub decision: Decision,
    pub first: bool,
}

/// Whether something of that actor may be taken in at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Open,
    /// Only for those who follow.
    Limited,
    Closed(&'static str),
}

/// Whether this actor may be heard here: state of the actor, and the operator's rules for the hosts of its native id, of
/// its address, and of the server that holds what it says. (A relay that hands things on is asked for by whoever reads
/// from it, through [`Hub::domain_rule`].)
pub async fn admit(
    hub: &Hub,
    network: Network,
    actor: &Actor,
    native_id: &str,
) -> Result<Admission, HubError> {
    match actor.state {
        ActorState::Suspended => return Ok(Admission::Closed("suspended")),
        ActorState::Deleted => return Ok(Admission::Closed("deleted")),
        ActorState::Deactivated => return Ok(Admission::Closed("deactivated")),
        ActorState::Active | ActorState::Limited => {}
    }
    let mut limited = actor.state == ActorState::Limited;
    let mut hosts: Vec<String> =
        [host_of(native_id), actor.domain.as_deref()].into_iter().flatten().map(str::to_owned).collect();
    if hub.has_rules().await?
        && let Ok(translator) = hub.translator(network)
    {
        hosts.extend(translator.hosts_of(hub, native_id).await?);
    }
    for host in hosts {
        match hub.domain_rule(&host).await? {
            Some(Rule::Block) => return Ok(Admission::Closed("blocked host")),
            Some(Rule::Limit) => limited = true,
            Some(Rule::Allow) | None => {}
        }
    }
    Ok(if limited { Admission::Limited } else { Admission::Open })
}

/// Whether somebody may reach a member.
pub async fn decide(hub: &Hub, member: Id, approach: Approach<'_>) -> Result<Decision, HubError> {
    Ok(weigh(hub, member, approach).await?.decision)
}

/// The same, for who asks the budgets too.
pub(crate) async fn weigh(hub: &Hub, member: Id, approach: Approach<'_>) -> Result<Weighed, HubError> {
    let answer = hub.store().rows(question(&approach, &[member])).await?;
    let decided = answered(answer, &approach, hub.config().gate.new_days)?;
    let nobody = Weighed { decision: Decision::Drop("no such member"), first: false };
    Ok(decided.get(&member).copied().unwrap_or(nobody))
}

/// What a member has said to the private messages of somebody, by an answer, a block or a rule that lets them in; `None`:
/// nothing yet.
pub async fn answer_to_messages(hub: &Hub, member: Id, stranger: &Actor) -> Result<Option<bool>, HubError> {
    let approach = Approach { stranger, limited: false, scope: Scope::Private, link_or_media: false };
    Ok(match decide(hub, member, approach).await? {
        Decision::Accept => Some(true),
        Decision::Drop(DECLINED | BLOCKED) => Some(false),
        Decision::Drop(_) | Decision::Refuse(_) | Decision::Hold(_) => None,
    })
}

/// What must be known to decide on some members, for whoever asks more in the same trip.
pub(crate) fn question(approach: &Approach<'_>, members: &[Id]) -> Query {
    let hosts = widening(approach.stranger.domain.as_deref().unwrap_or_default());
    relations::of_members(members, approach.stranger.id, &hosts, approach.scope.key())
}

/// The decisions, from the answer to [`question`]. Whoever is no member is not in them. `new_days`: the operator's own
/// least age of strangers.
pub(crate) fn answered(
    answer: Vec<Row>,
    approach: &Approach<'_>,
    new_days: u32,
) -> Result<HashMap<Id, Weighed>, StoreError> {
    let mut decided = HashMap::with_capacity(answer.len());
    for mut row in answer {
        let (id, state): (Id, i64) = (row.get(0)?, row.get(1)?);
        let (blocked, against): (bool, bool) = (row.get(4)?, row.get(5)?);
        let there = matches!(ActorState::from_i64(state), ActorState::Active | ActorState::Limited);
        let shut = |why| Weighed { decision: Decision::Drop(why), first: false };
        let weighed = match () {
            () if !there => shut("the member is away"),
            () if blocked => shut(BLOCKED),
            () if against => shut("the member blocks this host"),
            () => Between::read(&mut row)?.weigh(approach, new_days),
        };
        decided.insert(id, weighed);
    }
    Ok(decided)
}

/// What lies between a member and somebody who may come by.
struct Between {
    locked: bool,
    follows: bool,
    followed: bool,
    contact: Option<State>,
    rules: Rules,
    young: bool,
}

impl Between {
    fn read(row: &mut Row) -> Result<Between, StoreError> {
        let locked: bool = row.get(2)?;
        Ok(Between {
            locked,
            follows: row.get(3)?,
            followed: row.get(6)?,
            contact: row.get::<Option<String>>(7)?.as_deref().and_then(State::from_key),
            rules: Rules::read(row.get(8)?, locked),
            young: row.get::<Option<bool>>(9)?.unwrap_or(false),
        })
    }

    /// Whether the member knows them by their own act.
    fn is_known(&self, scope: Scope) -> bool {
        match scope {
            // Who follows already asks for the answer again.
            Scope::Follow => self.followed,
            Scope::Public | Scope::Private => self.follows,
        }
    }

    fn weigh(&self, approach: &Approach<'_>, new_days: u32) -> Weighed {
        // Who was let in, or asks already, is none. To follow a member is no way round; and to have had one's turn is no answer.
        let unanswered = matches!(self.contact, None | Some(State::Cancelled | State::Admitted));
        let first = unanswered && !self.is_known(approach.scope);
        Weighed { decision: self.decide(approach, new_days), first }
    }

    fn decide(&self, approach: &Approach<'_>, new_days: u32) -> Decision {
        let Approach { stranger, scope, .. } = *approach;
        let known = self.is_known(scope);
        match self.contact {
            Some(State::Granted) => return Decision::Accept,
            _ if known => return Decision::Accept,
            Some(State::Declined) => return Decision::Drop(DECLINED),
            _ if self.young && scope == Scope::Private => return Decision::Refuse(Reason::Young),
            Some(State::Request) => return Decision::Hold(Reason::Asked),
            Some(State::Parked) => return Decision::Hold(Reason::Budget),
            Some(State::Revoked | State::Cancelled | State::Admitted) | None => {}
        }
        let days = |days: u32| Duration::from_secs(86_400) * days;
        let seen_since = |days: Duration| stranger.id.time() > Time::now().minus(days);
        let rules = &self.rules;
        let follow = scope == Scope::Follow;
        let limited = approach.limited || stranger.state == ActorState::Limited;
        let applies = [
            (self.contact == Some(State::Revoked), Outcome::Hold, Reason::Revoked),
            (rules.vacation, Outcome::Hold, Reason::Vacation),
            (limited, rules.limited, Reason::Limited),
            (new_days > 0 && seen_since(days(new_days)), Outcome::Hold, Reason::New),
            (seen_since(days(rules.new_days)), rules.new, Reason::New),
            (scope == Scope::Private, rules.private, Reason::Private),
            (follow && self.locked, Outcome::Hold, Reason::Locked),
            (!follow && !self.follows, rules.not_followed, Reason::NotFollowed),
            (!follow && !self.followed, rules.not_follower, Reason::NotFollower),
            (approach.link_or_media, rules.link_or_media, Reason::LinkOrMedia),
        ];
        // The strictest counts; of equal ones the first.
        let strictest = applies.into_iter().filter(|rule| rule.0).rev().max_by_key(|rule| rule.1);
        match strictest {
            Some((_, Outcome::Hold, reason)) => Decision::Hold(reason),
            Some((_, Outcome::Drop, reason)) => Decision::Refuse(reason),
            Some((_, Outcome::Accept, _)) | None => Decision::Accept,
        }
    }
}
