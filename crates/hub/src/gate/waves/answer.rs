//! The operator's answer to a wave: one for all of it, and undone as a whole.

use super::WaveState;
use crate::{
    Hub, HubError,
    gate::{Reason, Scope, State, Verdict, host_of_origin},
    moderation::Rule,
};
use landbridge_model::{ActorState, Id, Time};
use landbridge_store::{
    Write,
    entities::{contact_log, origins, parked::Parked, waves},
};
use std::sync::atomic::Ordering;

/// Requests that are declined in one write, and senders that are looked at.
const BATCH: i64 = 100;
/// Origins of a wave that an answer is about.
const ORIGINS: i64 = 100;
/// A wave counts against an origin like so many declines, at most.
const WEIGHT: i64 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaveAnswer {
    /// Nobody is asked, and who was asked need not answer.
    Decline,
    /// The same, and its senders are suspended here.
    Block,
    /// The same, and its origins are limited here: only those who follow somebody there hear from them.
    Limit,
    /// It is none: everybody has their turn.
    Pass,
}

impl WaveAnswer {
    fn state(self) -> WaveState {
        match self {
            WaveAnswer::Decline => WaveState::Declined,
            WaveAnswer::Block => WaveState::Blocked,
            WaveAnswer::Limit => WaveState::Limited,
            WaveAnswer::Pass => WaveState::Passed,
        }
    }
}

impl Hub {
    /// Answers a wave, for all members at once. Whom a member has let in by their own hand stays in.
    /// [`HubError::Conflict`]: it was answered before; undo that first.
    pub async fn answer_wave(&self, id: Id, answer: WaveAnswer) -> Result<(), HubError> {
        self.wave(id).await?;
        let now = self.budgets().now();
        self.store()
            .write(waves::turn(id, &[WaveState::Open.key()], answer.state().key(), Some(now)))
            .await?;
        if answer == WaveAnswer::Pass {
            return self.learn_waves().await;
        }
        for (origin, _) in self.count_against(id, 1).await? {
            if answer == WaveAnswer::Limit
                && let Some(host) = host_of_origin(&origin)
                && self.domain_rule(host).await?.is_none()
            {
                self.set_domain_rule(host, Some(Rule::Limit), &note(id)).await?;
            }
        }
        if answer == WaveAnswer::Block {
            self.turn_senders(id, ActorState::Active, ActorState::Suspended).await?;
        }
        self.decline_wave(id).await
    }

    /// Takes an answer back: who was declined waits for their turn again, and what they sent is still there for seven days.
    pub async fn undo_wave(&self, id: Id) -> Result<(), HubError> {
        let state = self.wave(id).await?.state;
        let answered = [WaveState::Declined, WaveState::Blocked, WaveState::Limited].map(WaveState::key);
        let now = self.budgets().now();
        self.store()
            .write(vec![
                waves::turn(id, &answered, WaveState::Passed.key(), None),
                waves::undo(id, now),
                waves::undo_lines(id, Time::now()),
            ])
            .await?;
        self.count_against(id, -1).await?;
        match state {
            WaveState::Blocked => self.turn_senders(id, ActorState::Suspended, ActorState::Active).await?,
            WaveState::Limited => {
                let note = note(id);
                for rule in self.domain_rules().await?.into_iter().filter(|rule| rule.note == note) {
                    self.set_domain_rule(&rule.domain, None, "").await?;
                }
            }
            WaveState::Open | WaveState::Declined | WaveState::Passed => {}
        }
        self.learn_waves().await
    }

    /// Declines what belongs to a wave and waits, or was asked for.
    async fn decline_wave(&self, id: Id) -> Result<(), HubError> {
        loop {
            let asked = self.store().rows(waves::asked(id, BATCH)).await?;
            let mut write = Write::default();
            for mut row in asked {
                let one = Parked::read(&mut row)?;
                let scope = Scope::from_key(&one.scope);
                let line = self.line(one.member, one.stranger, scope, Verdict::Declined, Reason::Wave);
                write.push(contact_log::insert_unless(&line, State::Declined.key()));
                write.push(waves::decline(one.id, Time::now()));
            }
            if write.changes.is_empty() {
                break;
            }
            self.store().write(write).await?;
        }
        self.store().write(waves::decline_unasked(id, Time::now())).await?;
        self.removed().store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The same with what has come since a wave was answered.
    pub(in crate::gate) async fn decline_leftovers(&self) -> Result<(), HubError> {
        for mut row in self.store().rows(waves::leftover()).await? {
            self.decline_wave(row.get(0)?).await?;
        }
        Ok(())
    }

    /// Counts a wave against the origins that it came from, or (-1) no longer; gives them.
    async fn count_against(&self, id: Id, sign: i64) -> Result<Vec<(String, i64)>, HubError> {
        let (mut all, mut write) = (Vec::new(), Write::default());
        for mut row in self.store().rows(waves::origins(id, ORIGINS)).await? {
            let (origin, count): (String, i64) = (row.get(0)?, row.get(1)?);
            write.push(origins::refuse(&origin, sign * count.min(WEIGHT) * origins::ONE, Time::now()));
            all.push((origin, count));
        }
        self.store().write(write).await?;
        self.budgets().answered();
        Ok(all)
    }

    /// Another state of everybody who has sent a wave and is in this one.
    async fn turn_senders(&self, id: Id, from: ActorState, to: ActorState) -> Result<(), HubError> {
        let mut after = Id(0);
        loop {
            let rows = self.store().rows(waves::strangers(id, after, BATCH)).await?;
            let mut senders = Vec::with_capacity(rows.len());
            for mut row in rows {
                senders.push(row.get::<Id>(0)?);
            }
            let Some(last) = senders.last() else { return Ok(()) };
            after = *last;
            for actor in self.actors(&senders).await? {
                if actor.state == from && !actor.is_member() {
                    self.moderate(actor.id, to).await?;
                }
            }
        }
    }
}

/// How a rule says which wave it is for.
fn note(id: Id) -> String {
    format!("wave {id}")
}
