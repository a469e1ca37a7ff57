//! A follow of a member, and answers to members' own follows.
//!
//! A follow is written as a request first and accepted by a second write, in which the network stages its answer: the
//! answer names the follow, which must be there for the network to find. Cut short in between, the next delivery of the
//! same follow carries on.

use super::{Sent, halt::Halt, held::ANSWERED, repost::act_copy, tombs};
use crate::{
    ActKind, CopyKind, Hub, Received, Via,
    gate::{self, DECLINED, Decision, Reason, Scope, State},
    publish::{self, Reach},
    reading::NotificationKind,
    spread::Reached,
};
use landbridge_model::{Actor, Id};
use landbridge_store::{
    Write,
    entities::{
        actors, blocks,
        contacts::{self, ContactRow},
        copies::{self, CopyRow},
        follows::{self, FollowRow},
        home,
    },
};

pub(super) const ACT: &str = "follow";
const TRIES: u32 = 4;

impl Hub {
    pub(super) async fn receive_follow(&self, sent: &Sent, target: &str) -> Result<Received, Halt> {
        let member = self.member_by_native(sent.network, target).await?;
        for _ in 0..TRIES {
            match self.take_follow(sent, target, &member).await {
                Err(Halt::Ignored(ANSWERED)) => {}
                done => return done,
            }
        }
        Err(Halt::Failed(crate::HubError::Busy))
    }

    async fn take_follow(&self, sent: &Sent, target: &str, member: &Actor) -> Result<Received, Halt> {
        let asks = match gate::decide(self, member.id, sent.approach(Scope::Follow)).await? {
            Decision::Accept => None,
            // Whoever followed before the account was brought here is nobody new to it.
            Decision::Hold(_) if sent.via == Via::Fetched => None,
            Decision::Hold(reason) => Some(reason),
            Decision::Drop(DECLINED) if sent.via == Via::Delivered => {
                return self.decline_again(sent, target, member).await;
            }
            Decision::Drop(why) => return Err(Halt::Ignored(why)),
            Decision::Refuse(reason) => {
                let note = self.note_refused(member.id, sent.actor.id, Scope::Follow, reason);
                self.store().write(note).await?;
                return Err(Halt::Ignored("a member's rule"));
            }
        };
        let at_once = asks.is_none();
        let (follow, new) = match self.follow_row(sent.actor.id, member.id).await? {
            Some(follow) => {
                self.name_follow(sent, target, &follow).await?;
                (follow, false)
            }
            None => (self.write_follow(sent, target, member, asks).await?, true),
        };
        if follow.accepted {
            // Its side has lost our answer, or it would not ask again.
            let id = follow.id;
            let kind = ActKind::AcceptFollow { id, follower: sent.actor.clone() };
            self.commit(member, kind, None, Reach::Actor(sent.actor.id), Vec::new()).await?;
            return Err(Halt::Duplicate);
        }
        if at_once {
            self.accept(sent, member, follow.id).await?;
        }
        self.relations_changed(sent.actor.id, member.id);
        if new || at_once { Ok(Received::Stored(None)) } else { Err(Halt::Duplicate) }
    }

    async fn write_follow(
        &self,
        sent: &Sent,
        target: &str,
        member: &Actor,
        asks: Option<Reason>,
    ) -> Result<FollowRow, Halt> {
        let silent = asks.is_none() || self.asked_before(sent.actor.id, member.id).await?;
        let follow = FollowRow {
            id: self.ids().next(),
            follower: sent.actor.id,
            target: member.id,
            accepted: false,
            reposts: true,
            notify: false,
            languages: Vec::new(),
            origin: Some(sent.network),
            at: sent.at,
        };
        let mut write = Write::default();
        write.extend(tombs::guard(
            self,
            sent.network,
            &sent.native,
            sent.id.as_deref(),
            Some((ACT, target)),
            sent.at,
        ));
        write.push(blocks::forbid(sent.actor.id, member.id));
        write.push(follows::insert(&follow));
        if let Some(id) = &sent.id {
            write.push(copies::insert_if_new(&act_copy(sent, id, CopyKind::Follow, follow.id), None, None));
        }
        if let Some(reason) = asks {
            let network = Some(sent.network);
            write.extend(self.ask_changes(member.id, sent.actor.id, Scope::Follow, reason, network));
        }
        if !silent {
            write.extend(self.tell(NotificationKind::FollowRequest, sent.actor.id, [member.id], None));
        }
        let written = self.store().write(write).await?;
        self.wake(Reached::read(written)?, None);
        Ok(follow)
    }

    /// Whether the request was there and was taken back: then it is the same again.
    async fn asked_before(&self, stranger: Id, member: Id) -> Result<bool, Halt> {
        let row = self.store().row(contacts::one(member, stranger, Scope::Follow.key())).await?;
        let row = row.map(|mut row| ContactRow::read(&mut row)).transpose()?;
        Ok(row.is_some_and(|row| row.state == State::Cancelled.key()))
    }

    /// The member has said no before: the same answer, and the member hears nothing of it.
    async fn decline_again(&self, sent: &Sent, target: &str, member: &Actor) -> Result<Received, Halt> {
        if self.follow_row(sent.actor.id, member.id).await?.is_none() {
            self.write_follow(sent, target, member, None).await?;
        }
        self.end_follow(member.id, sent.actor.id, Vec::new()).await?;
        Ok(Received::Stored(None))
    }

    /// The same follow by a further name: an answer must give the name that was asked last.
    async fn name_follow(&self, sent: &Sent, target: &str, follow: &FollowRow) -> Result<(), Halt> {
        let Some(id) = &sent.id else { return Ok(()) };
        let mut write = Write::default();
        write.extend(tombs::guard(self, sent.network, &sent.native, Some(id), Some((ACT, target)), sent.at));
        write.push(copies::insert_if_new(&act_copy(sent, id, CopyKind::Follow, follow.id), None, None));
        self.store().write(write).await?;
        Ok(())
    }

    async fn accept(&self, sent: &Sent, member: &Actor, id: Id) -> Result<(), Halt> {
        let mut changes = vec![follows::accept(sent.actor.id, member.id)];
        changes.extend(publish::accepted_changes(sent.actor.id, member.id));
        if sent.via == Via::Delivered {
            changes.extend(self.tell(NotificationKind::Follow, sent.actor.id, [member.id], None));
        }
        let kind = ActKind::AcceptFollow { id, follower: sent.actor.clone() };
        match self.commit(member, kind, None, Reach::Actor(sent.actor.id), changes).await {
            Ok(reached) => {
                self.wake(reached, None);
                Ok(())
            }
            // The same follow twice at once: the other one has accepted it.
            Err(crate::HubError::Conflict("follow request")) => Err(Halt::Duplicate),
            Err(other) => Err(other.into()),
        }
    }

    /// Whom a member asked to follow has answered.
    pub(super) async fn receive_follow_answer(
        &self,
        sent: &Sent,
        follow: Option<String>,
        follower: Option<String>,
        yes: bool,
    ) -> Result<Received, Halt> {
        let Some(row) = self.answered(sent, follow.as_deref(), follower.as_deref()).await? else {
            return Err(Halt::Ignored("an answer to no follow of ours"));
        };
        if row.target != sent.actor.id {
            return Err(Halt::Rule("an answer by somebody else"));
        }
        let mut write = Write::default();
        match yes {
            true if row.accepted => return Err(Halt::Duplicate),
            true => {
                write.push(follows::accept(row.follower, row.target));
                write.extend(publish::accepted_changes(row.follower, row.target));
            }
            false => {
                write.extend(publish::ended_changes(&row));
                write.push(home::forget_author(row.follower, row.target));
            }
        }
        self.store().write(write).await.map_err(|error| match Halt::from(error) {
            Halt::Ignored("follow request") => Halt::Duplicate,
            other => other,
        })?;
        self.relations_changed(row.follower, row.target);
        Ok(Received::Stored(None))
    }

    /// The follow that is meant: by its native id, else by who follows.
    async fn answered(
        &self,
        sent: &Sent,
        follow: Option<&str>,
        follower: Option<&str>,
    ) -> Result<Option<FollowRow>, Halt> {
        if let Some(id) = follow
            && let Some(mut row) = self.store().row(copies::by_native(sent.network, id)).await?
        {
            let copy = CopyRow::read(&mut row)?;
            if copy.kind == CopyKind::Follow.key() {
                let row = self.store().row(follows::by_id(copy.object)).await?;
                return Ok(row.map(|mut row| FollowRow::read(&mut row)).transpose()?);
            }
        }
        let Some(follower) = follower else { return Ok(None) };
        let Some(mut row) = self.store().row(actors::by_native(sent.network, follower)).await? else {
            return Ok(None);
        };
        let member = actors::read(&mut row)?;
        Ok(self.follow_row(member.id, sent.actor.id).await?)
    }
}
