//! What the gate holds: kept sealed, in one place, until the member answers.
//!
//! Nothing of it is anywhere else: no post, no count, no notification, nothing fetched because of it. When the member lets
//! its sender in, it arrives as if it came only now, but at the place of its own time. When the member declines, its rows
//! are all that there was to delete.

use super::{Sent, halt::Halt, trail::Trail};
use crate::{
    Hub, HubError, InPost, Incoming, Received, Via, What,
    gate::{self, Approach, Brought, Carrier, Decision, Reason, Scope, Weighed},
    reading::NotificationKind,
    seal,
};
use bytes::Bytes;
use landbridge_model::{Id, Network, Post, Time};
use landbridge_store::{
    Change, Write,
    entities::contacts::{self, ItemRow},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tokio::sync::SemaphorePermit;

/// Items of one request; the rest is only counted.
const MOST: i64 = 20;
/// Longer originals are not kept with what is held. Bytes.
const ORIGINAL: usize = 128 << 10;
/// The same of what is parked, of which nobody has been asked yet.
const MOST_PARKED: i64 = 3;
const PARKED_ORIGINAL: usize = 4 << 10;
/// Items let through in one go.
const BATCH: i64 = 50;
const TRIES: u32 = 4;
/// Somebody has answered between the question to the gate and the write.
pub(crate) const ANSWERED: &str = "answered meanwhile";

/// What was held and is let through now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Released {
    pub member: Id,
    /// When it had arrived.
    pub at: Time,
}

/// Something that is to be held.
pub(crate) struct Thing<'a> {
    /// `None`: it is a post of a member.
    pub network: Option<Network>,
    pub stranger: Id,
    pub scope: Scope,
    pub name: &'a str,
    /// Its place among what is held.
    pub at: Time,
    pub body: &'a [u8],
    pub original: &'a [u8],
}

/// What arrived, as it is held.
#[derive(Serialize, Deserialize)]
pub(crate) struct Held {
    pub network: Network,
    /// Native id of the sender.
    pub actor: String,
    pub id: Option<String>,
    pub at: Time,
    pub what: What,
}

impl Sent {
    pub(super) fn approach(&self, scope: Scope) -> Approach<'_> {
        Approach { stranger: &self.actor, limited: self.limited, scope, link_or_media: false }
    }

    pub(super) fn approach_with(&self, scope: Scope, post: &InPost) -> Approach<'_> {
        let link_or_media = post.text.has_link() || !post.media.is_empty();
        Approach { link_or_media, ..self.approach(scope) }
    }
}

impl Hub {
    /// Asks budgets about what the gate has weighed. `words`: the text, of a post; `name`: of the thing.
    pub(super) async fn in_turn(
        &self,
        sent: &Sent,
        scope: Scope,
        words: Option<&str>,
        name: &str,
        weighed: HashMap<Id, Weighed>,
    ) -> Result<HashMap<Id, Decision>, Halt> {
        // What we have asked for, and what had its turn, asks for none.
        if sent.via != Via::Delivered || sent.released.is_some() || !self.config().gate.budgets {
            return Ok(weighed.into_iter().map(|(id, weighed)| (id, weighed.decision)).collect());
        }
        let Sent { network, actor: stranger, native, carrier, .. } = sent;
        let brought = Brought { network: Some(*network), stranger, native, carrier, scope, words, name };
        Ok(Box::pin(self.within_budget(brought, weighed)).await?)
    }

    /// The same about one member.
    pub(super) async fn decide_in_turn(
        &self,
        sent: &Sent,
        member: Id,
        scope: Scope,
        name: &str,
    ) -> Result<Decision, Halt> {
        let weighed = gate::weigh(self, member, sent.approach(scope)).await?;
        let decided = self.in_turn(sent, scope, None, name, [(member, weighed)].into()).await?;
        Ok(decided.get(&member).copied().unwrap_or(weighed.decision))
    }

    /// Asks the gate about an act that reaches one member. `Ok` when it may go on; what is held is held when this returns.
    /// `named`: the name of the act, of one that has no id. `guards`: what would keep the act itself out.
    pub(super) async fn pass(
        &self,
        sent: &Sent,
        member: Id,
        scope: Scope,
        what: &What,
        named: &str,
        guards: &[Change],
    ) -> Result<(), Halt> {
        let name = sent.id.as_deref().unwrap_or(named);
        for _ in 0..TRIES {
            let reason = match self.decide_in_turn(sent, member, scope, name).await? {
                Decision::Accept => return Ok(()),
                Decision::Drop(why) => return Err(Halt::Ignored(why)),
                Decision::Refuse(reason) => {
                    self.store().write(self.note_refused(member, sent.actor.id, scope, reason)).await?;
                    return Err(Halt::Ignored("a member's rule"));
                }
                Decision::Hold(_) if sent.via != Via::Delivered => {
                    return Err(Halt::Ignored("would be held"));
                }
                Decision::Hold(reason) => reason,
            };
            let mut write = Write::from(guards.to_vec());
            write.extend(self.hold(sent, scope, name, what.clone(), &[(member, reason)]).await?);
            let _one_of_few = self.stranger_writes(&[(member, reason)]).await;
            match self.store().write(write).await.map_err(Halt::from) {
                Err(Halt::Ignored(ANSWERED)) => {}
                Err(other) => return Err(other),
                Ok(_) => return Err(Halt::Held),
            }
        }
        Err(Halt::Failed(HubError::Busy))
    }

    /// Rows that hold something for some members. The write fails with [`ANSWERED`] when one of them has answered meanwhile.
    pub(super) async fn hold(
        &self,
        sent: &Sent,
        scope: Scope,
        name: &str,
        what: What,
        members: &[(Id, Reason)],
    ) -> Result<Vec<Change>, Halt> {
        let network = sent.network;
        let held = Held { network, actor: sent.native.clone(), id: sent.id.clone(), at: sent.at, what };
        let body = serde_json::to_vec(&held).map_err(|_| HubError::Damaged("what is held"))?;
        let thing = Thing {
            network: Some(network),
            stranger: sent.actor.id,
            scope,
            name,
            at: sent.released.map_or_else(Time::now, |released| released.at),
            body: &body,
            original: &sent.original,
        };
        Ok(self.hold_thing(&thing, members).await?)
    }

    /// The same of anything that has a name.
    pub(crate) async fn hold_thing(
        &self,
        thing: &Thing<'_>,
        members: &[(Id, Reason)],
    ) -> Result<Vec<Change>, HubError> {
        let Thing { network, stranger, scope, name, at, body, original } = *thing;
        let mut changes = Vec::new();
        for (member, reason) in members {
            let (id, key) = (self.ids().next(), self.member_key(*member).await?);
            let (most, longest) = match reason {
                Reason::Budget => (MOST_PARKED, PARKED_ORIGINAL),
                _ => (MOST, ORIGINAL),
            };
            let original: &[u8] = if original.len() > longest { &[] } else { original };
            let item = ItemRow {
                id,
                // The statement finds it.
                contact: Id(0),
                member: *member,
                stranger,
                network,
                native_id: name.to_owned(),
                body: seal::seal(&key, &context("body", id), body),
                original: seal::seal(&key, &context("original", id), original),
                at,
            };
            changes.push(contacts::forbid_block(*member, stranger));
            match reason {
                Reason::Budget => changes.extend(self.park_changes(*member, stranger, scope, network)),
                _ => {
                    changes.extend(self.ask_changes(*member, stranger, scope, *reason, network));
                    changes.extend(self.origin_changes(*member, stranger, scope));
                }
            }
            changes.push(contacts::count(&item, scope.key(), most));
            changes.push(contacts::hold(item, scope.key(), most));
        }
        Ok(changes)
    }

    /// A post that only waits for members' answers.
    pub(super) async fn hold_post(
        &self,
        sent: &Sent,
        post: &InPost,
        scope: Scope,
        members: &[(Id, Reason)],
    ) -> Result<Received, Halt> {
        let mut write = Write::default();
        let id = Some(post.native_id.as_str());
        write.extend(super::tombs::guard(self, sent.network, &sent.native, id, None, sent.at));
        let what = What::Post(Box::new(post.clone()));
        write.extend(self.hold(sent, scope, &post.native_id, what, members).await?);
        let _one_of_few = self.stranger_writes(members).await;
        self.store().write(write).await?;
        Err(Halt::Held)
    }

    /// Held while something is written that only waits for its turn: few at once, so that members' own contacts find the store
    /// as they do on a quiet day.
    async fn stranger_writes(&self, members: &[(Id, Reason)]) -> Option<SemaphorePermit<'_>> {
        match members.iter().all(|(_, reason)| *reason == Reason::Budget) {
            true => self.budgets().strangers.acquire().await.ok(),
            false => None,
        }
    }

    /// Lets through whatever is held for a member of those who are let in by now, in the order in which it came. What fails
    /// for a reason that passes stays, and is tried again.
    pub(crate) async fn release(&self, member: Id) -> Result<(), HubError> {
        loop {
            let rows = self.store().rows(contacts::released(member, BATCH)).await?;
            let full = i64::try_from(rows.len()).unwrap_or(0) == BATCH;
            let mut through = 0;
            for mut row in rows {
                let item = ItemRow::read(&mut row)?;
                match self.let_through(&item).await {
                    Err(Halt::Failed(why)) => tracing::warn!(%member, %why, "held, and not yet let through"),
                    _ => {
                        self.store().write(contacts::drop_item(item.id)).await?;
                        through += 1;
                    }
                }
            }
            if !full || through == 0 {
                return Ok(());
            }
        }
    }

    async fn let_through(&self, item: &ItemRow) -> Result<Received, Halt> {
        if item.network.is_none() {
            self.let_through_here(item).await?;
            return Ok(Received::Stored(None));
        }
        let Ok(held) = self.open_held(item).await else { return Err(Halt::Ignored("cannot be opened")) };
        let key = self.member_key(item.member).await?;
        let original = seal::open(&key, &context("original", item.id), &item.original).unwrap_or_default();
        let Held { network, actor, id, at, what } = held;
        let original = Bytes::from(original);
        let incoming = Incoming { network, actor, id, at, via: Via::Delivered, original, what };
        let released = Released { member: item.member, at: item.at };
        self.arrive_as(incoming, Some(released), Carrier::default(), &mut Trail::default()).await
    }

    /// What is held, opened for the member for whom it is held.
    pub(crate) async fn open_held(&self, item: &ItemRow) -> Result<Held, HubError> {
        let key = self.member_key(item.member).await?;
        let body = seal::open(&key, &context("body", item.id), &item.body)?;
        serde_json::from_slice(&body).map_err(|_| HubError::Damaged("what is held"))
    }

    /// A notification of something that arrived, at the place of the time when it arrived.
    pub(super) fn tell_sent(
        &self,
        sent: &Sent,
        kind: NotificationKind,
        to: impl IntoIterator<Item = Id>,
        about: Option<&Post>,
    ) -> Vec<Change> {
        match sent.released {
            Some(released) => {
                let to = to.into_iter().filter(|id| *id == released.member);
                self.tell_at(Some(released.at), kind, sent.actor.id, to, about)
            }
            None => self.tell(kind, sent.actor.id, to, about),
        }
    }
}

/// What a sealed part of an item is bound to.
fn context(part: &str, item: Id) -> String {
    format!("held {item} {part}")
}
