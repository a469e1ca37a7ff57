//! What arrives, one file a kind. Verified by its network; here it passes the gate and is written once.
//!
//! One thing is one transaction. What it may do only once (store a post, count a like, tell a member) hangs on
//! preconditions inside that transaction, so of two copies that race one wins and the other ends as a duplicate.
//! Tombstones of what was deleted or undone are preconditions too: an old thing delivered again changes nothing, and an
//! undo that overtakes its act wins.

mod actor;
mod approval;
mod block;
mod clean;
mod compose;
mod delete;
mod edit;
mod fetch;
mod follow;
mod followers;
mod gate;
mod glance;
mod gone;
mod halt;
mod held;
mod merge;
mod moving;
mod pin;
mod post;
mod profile;
mod quote;
mod react;
mod report;
mod repost;
mod same;
mod state;
mod surroundings;
mod tombs;
mod trail;
mod undo;
mod vote;

pub(crate) use held::{ANSWERED, Released, Thing};
pub(crate) use state::State;
pub(crate) use tombs::subject;

use crate::{
    Hub, Incoming, Mode, Received, Refused, Via, What,
    gate::{self as contact_gate, Admission, Carrier},
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use halt::Halt;
use landbridge_model::{Actor, Network, Time};
use trail::Trail;

/// Who sent what is being taken in, and how.
#[derive(Clone)]
pub(crate) struct Sent {
    pub network: Network,
    pub actor: Actor,
    /// The actor's native id on that network.
    pub native: String,
    /// Native id of the activity or event.
    pub id: Option<String>,
    /// When it was done; never in the future.
    pub at: Time,
    pub via: Via,
    /// Too old to be told of.
    pub late: bool,
    pub original: Bytes,
    /// By an operator's or moderator's rule, only for those who follow.
    pub limited: bool,
    /// It was held at the gate, and is let through now.
    pub released: Option<Released>,
    pub carrier: Carrier,
}

impl Sent {
    /// Whether it is put before people, and they are told.
    pub fn is_news(&self) -> bool {
        self.via == Via::Delivered && !self.late
    }
}

impl Hub {
    /// Takes in one verified thing. When this returns `Ok`, it is durable, and the network may say "accepted".
    ///
    /// What is missing to understand it (its author's profile, the post it answers) is fetched through the network,
    /// within bounds of time, depth and number.
    pub async fn receive(&self, incoming: Incoming) -> Result<Received, Refused> {
        self.receive_by(incoming, Carrier::default()).await
    }

    /// The same, of something that somebody else than its author's own server has brought.
    pub async fn receive_by(&self, incoming: Incoming, carrier: Carrier) -> Result<Received, Refused> {
        let (network, kind) = (incoming.network.key(), name(&incoming.what));
        let outcome = self.arrive_as(incoming, None, carrier, &mut Trail::default()).await;
        let (word, reason) = match &outcome {
            Ok(Received::Stored(_)) => ("stored", ""),
            Ok(Received::Duplicate) | Err(Halt::Duplicate) => ("duplicate", ""),
            Ok(Received::Ignored(why)) | Err(Halt::Ignored(why)) => ("ignored", *why),
            Err(Halt::Held) => ("held", ""),
            Err(Halt::Rule(why)) => ("refused", *why),
            Err(Halt::Failed(_)) => ("later", ""),
        };
        let labels = [("network", network), ("kind", kind), ("outcome", word), ("reason", reason)];
        metrics::counter!("hub_received_total", &labels).increment(1);
        match outcome {
            Ok(received) => Ok(received),
            Err(halt) => halt.into_answer(),
        }
    }

    /// One thing, or one that was fetched because of it.
    fn arrive<'a>(
        &'a self,
        incoming: Incoming,
        trail: &'a mut Trail,
    ) -> BoxFuture<'a, Result<Received, Halt>> {
        self.arrive_as(incoming, None, Carrier::default(), trail)
    }

    /// The same; `released`: it was held at the gate until now.
    fn arrive_as<'a>(
        &'a self,
        incoming: Incoming,
        released: Option<Released>,
        carrier: Carrier,
        trail: &'a mut Trail,
    ) -> BoxFuture<'a, Result<Received, Halt>> {
        Box::pin(async move {
            if self.config().mode(incoming.network) == Mode::Off {
                return Err(Halt::Rule("this network is switched off here"));
            }
            clean::check_ids(&incoming)?;
            let Incoming { network, actor: native, id, at, via, original, mut what } = incoming;
            let at = Time(at.0.min(Time::now().0));
            if let Some(host) = contact_gate::host_of(&native)
                && self.domain_rule(host).await? == Some(crate::moderation::Rule::Block)
            {
                return Err(Halt::Rule("blocked host"));
            }
            if let What::Profile(profile) = what {
                return Box::pin(self.receive_profile(network, &native, *profile, at)).await;
            }
            let (known, glance) = match &mut what {
                What::Post(post) => self.glance(network, &native, post).await?,
                _ => (self.known_actor(network, &native).await?, None),
            };
            let actor = match known {
                Some(actor) => actor,
                None if needs_no_profile(&what) => {
                    return self.receive_from_stranger(network, &native, what, at).await;
                }
                None => Box::pin(self.fetched_actor(network, &native, trail)).await?,
            };
            if actor.is_member() {
                return Err(Halt::Ignored("a member's own, from outside"));
            }
            let limited = match contact_gate::admit(self, network, &actor, &native).await? {
                Admission::Open => false,
                Admission::Limited => true,
                Admission::Closed(why) => return Err(Halt::Ignored(why)),
            };
            let late = false;
            let sent =
                Sent { network, actor, native, id, at, via, late, original, limited, released, carrier };
            match (what, glance) {
                (What::Post(post), Some(glance)) => {
                    Box::pin(self.receive_seen_post(&sent, *post, glance, trail)).await
                }
                (what, _) => self.dispatch(sent, what, trail).await,
            }
        })
    }

    /// Chooses, and has ended when the choice is carried out: otherwise all of the choices would be on the stack meanwhile.
    fn dispatch<'a>(
        &'a self,
        sent: Sent,
        what: What,
        trail: &'a mut Trail,
    ) -> BoxFuture<'a, Result<Received, Halt>> {
        macro_rules! then {
            ($act:expr) => {
                Box::pin(async move { $act.await })
            };
        }
        match what {
            What::Post(post) => then!(self.receive_post(&sent, *post, trail)),
            What::Edit(post) => then!(self.receive_edit(&sent, *post, trail)),
            What::Delete { target } => then!(self.receive_delete(&sent, &target)),
            What::Repost { target, visibility } => {
                then!(self.receive_repost(&sent, &target, visibility, trail))
            }
            What::React { target, content, emoji } => {
                then!(self.receive_reaction(&sent, &target, content, emoji))
            }
            What::Undo(undone) => then!(self.receive_undo(&sent, undone)),
            What::Follow { target } => then!(self.receive_follow(&sent, &target)),
            What::FollowAccepted { follow, follower } => {
                then!(self.receive_follow_answer(&sent, follow, follower, true))
            }
            What::FollowRejected { follow, follower } => {
                then!(self.receive_follow_answer(&sent, follow, follower, false))
            }
            What::Block { target } => then!(self.receive_block(&sent, &target)),
            What::Vote { poll, choices, replaces } => {
                then!(self.receive_vote(&sent, &poll, &choices, replaces))
            }
            What::Profile(_) => Box::pin(async { Err(Halt::Rule("a profile in the wrong place")) }),
            What::Gone => then!(self.receive_gone(&sent)),
            What::Report { targets, comment } => then!(self.receive_report(&sent, &targets, &comment)),
            What::Move { to } => then!(self.receive_move(&sent, &to, trail)),
            What::Pin { target } => then!(self.receive_pin(&sent, &target, true, trail)),
            What::Unpin { target } => then!(self.receive_pin(&sent, &target, false, trail)),
            What::QuoteRequest { quoted, quoting, post } => {
                then!(self.receive_quote_request(&sent, &quoted, &quoting, post.map(|post| *post), trail))
            }
            What::QuoteAnswered { request, quoting, stamp } => {
                then!(self.receive_quote_answer(&sent, request.as_deref(), quoting.as_deref(), stamp))
            }
            What::Approved { act, proof } => then!(self.receive_approval(&sent, &act, proof)),
            What::Gate { target, gate } => then!(self.receive_gate(&sent, &target, &gate)),
            What::QuoteRevoked { stamp } => then!(self.receive_quote_revoked(&sent, &stamp)),
        }
    }

    /// What somebody unknown here takes back: only noted, so that it wins over what comes late.
    async fn receive_from_stranger(
        &self,
        network: Network,
        native: &str,
        what: What,
        at: Time,
    ) -> Result<Received, Halt> {
        match what {
            What::Delete { target } => self.note_deleted(network, native, &target, at).await,
            What::Undo(undone) => self.note_undone(network, native, &undone, at).await,
            _ => Err(Halt::Ignored("unknown actor")),
        }
    }
}

/// Whether it can be dealt with when its actor is unknown, so that nobody needs to be asked who that is.
fn needs_no_profile(what: &What) -> bool {
    matches!(
        what,
        What::Delete { .. }
            | What::Undo(_)
            | What::Gone
            | What::Unpin { .. }
            | What::Gate { .. }
            | What::QuoteRevoked { .. }
    )
}

/// The word for counters.
fn name(what: &What) -> &'static str {
    match what {
        What::Post(_) => "post",
        What::Edit(_) => "edit",
        What::Delete { .. } => "delete",
        What::Repost { .. } => "repost",
        What::React { .. } => "reaction",
        What::Undo(_) => "undo",
        What::Follow { .. } => "follow",
        What::FollowAccepted { .. } => "follow accepted",
        What::FollowRejected { .. } => "follow rejected",
        What::Block { .. } => "block",
        What::Vote { .. } => "vote",
        What::Profile(_) => "profile",
        What::Gone => "gone",
        What::Report { .. } => "report",
        What::Move { .. } => "move",
        What::Pin { .. } => "pin",
        What::Unpin { .. } => "unpin",
        What::QuoteRequest { .. } => "quote request",
        What::QuoteAnswered { .. } => "quote answered",
        What::Approved { .. } => "approved",
        What::Gate { .. } => "gate",
        What::QuoteRevoked { .. } => "quote revoked",
    }
}
