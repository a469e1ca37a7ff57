//! Waves: near-identical first contacts to many members. Each is one row for the operator, who answers it in one act.
//!
//! What belongs to a wave is parked, and shown to no member until the operator has answered, or for [`PATIENCE`]. Of the texts only
//! sketches are kept ([`sketch`]); the texts themselves are sealed with the keys of the members they were sent to.

mod answer;
mod memory;
mod sketch;

pub use answer::WaveAnswer;
pub(crate) use memory::{Reached, Seen, Waves};

use super::Scope;
use crate::{Hub, HubError};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Write,
    entities::waves::{self, WaveRow},
};
use sketch::Sketch;
use std::time::Duration;

/// An operator who says nothing holds nobody back for longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(72 * 3600);
/// What nobody has added to for so long is forgotten.
pub(crate) const KEPT: Duration = Duration::from_secs(30 * 86_400);
/// How long an answer can be undone without loss.
pub(crate) const UNDOABLE: Duration = Duration::from_secs(7 * 86_400);
/// Waves that are looked at, and origins that are named of each.
const MOST: i64 = 200;
const ORIGINS: i64 = 20;

/// The word is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaveState {
    Open,
    Declined,
    /// Its senders are suspended here.
    Blocked,
    /// Its origins are limited here.
    Limited,
    /// It is none.
    Passed,
}

impl WaveState {
    pub fn key(self) -> &'static str {
        match self {
            WaveState::Open => "open",
            WaveState::Declined => "declined",
            WaveState::Blocked => "blocked",
            WaveState::Limited => "limited",
            WaveState::Passed => "passed",
        }
    }

    pub fn from_key(key: &str) -> Option<WaveState> {
        use WaveState::*;
        [Open, Declined, Blocked, Limited, Passed].into_iter().find(|state| state.key() == key)
    }
}

/// One row for the operator.
#[derive(Clone, Debug)]
pub struct Wave {
    pub id: Id,
    pub scope: Scope,
    pub state: WaveState,
    pub contacts: u64,
    pub strangers: u64,
    pub members: u64,
    /// Requests that members see, and contacts that wait.
    pub asked: u64,
    pub parked: u64,
    /// Where it comes from, most first, with the number of contacts.
    pub origins: Vec<(String, u64)>,
    pub first_at: Time,
    pub last_at: Time,
    pub answered_at: Option<Time>,
}

impl Hub {
    /// Waves of the last 30 days, newest first.
    pub async fn waves(&self) -> Result<Vec<Wave>, HubError> {
        let since = self.budgets().now().minus(KEPT);
        let mut all = Vec::new();
        for mut row in self.store().rows(waves::latest(since, MOST)).await? {
            all.extend(self.show_wave(WaveRow::read(&mut row)?).await?);
        }
        Ok(all)
    }

    /// One of them.
    pub async fn wave(&self, id: Id) -> Result<Wave, HubError> {
        let mut row = self.store().row(waves::by_id(id)).await?.ok_or(HubError::NotFound)?;
        self.show_wave(WaveRow::read(&mut row)?).await?.ok_or(HubError::NotFound)
    }

    async fn show_wave(&self, row: WaveRow) -> Result<Option<Wave>, HubError> {
        let (Some(scope), Some(state)) = (Scope::from_key(&row.scope), WaveState::from_key(&row.state))
        else {
            return Ok(None);
        };
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        let mut origins = Vec::new();
        for mut row in self.store().rows(waves::origins(row.id, ORIGINS)).await? {
            origins.push((row.get(0)?, number(row.get(1)?)));
        }
        let counts = self.store().row(waves::counts(row.id)).await?;
        let mut counts = counts.ok_or(HubError::Damaged("the counts of a wave"))?;
        Ok(Some(Wave {
            id: row.id,
            scope,
            state,
            contacts: number(counts.get(0)?),
            strangers: number(counts.get(1)?),
            members: number(counts.get(2)?),
            asked: number(counts.get(3)?),
            parked: number(counts.get(4)?),
            origins,
            first_at: row.first_at,
            last_at: row.last_at,
            answered_at: row.answered_at,
        }))
    }

    /// What is known of a text, and one more of it is counted. Writes down that a wave has begun.
    pub(super) async fn see_text(&self, text: &str, reached: Reached) -> Result<Seen, HubError> {
        let (memory, now) = (&self.budgets().waves, self.budgets().now());
        memory.loaded.get_or_try_init(|| self.learn_waves()).await?;
        let Some(sketch) = memory.sketch(text) else { return Ok(Seen::default()) };
        let seen = memory.see(sketch, reached, now, || self.ids().next());
        let Some(id) = seen.wave else { return Ok(seen) };
        if let Some((sketch, first_at, early)) = &seen.begun {
            let row = WaveRow {
                id,
                scope: reached.2.key().into(),
                sketch: sketch.bytes(),
                state: WaveState::Open.key().into(),
                first_at: *first_at,
                last_at: now,
                answered_at: None,
            };
            let mut write = Write::from(waves::insert(&row));
            let belongs =
                |(member, stranger, scope): &Reached| waves::belongs(id, *member, *stranger, scope.key());
            write.extend(early.iter().map(belongs));
            self.budgets().joined(id, early);
            self.store().write(write).await?;
            metrics::counter!("hub_waves_total").increment(1);
            tracing::warn!(wave = %id, "many first contacts are nearly the same: see `landbridge waves`");
        } else if seen.goes_on {
            self.store().write(waves::seen(id, now)).await?;
        }
        Ok(seen)
    }

    /// Takes over what others (the command line, another node) have written of waves.
    pub(super) async fn learn_waves(&self) -> Result<(), HubError> {
        let now = self.budgets().now();
        for mut row in self.store().rows(waves::latest(now.minus(KEPT), MOST)).await? {
            let row = WaveRow::read(&mut row)?;
            if let Some(sketch) = Sketch::read(&row.sketch) {
                let passed = row.state == WaveState::Passed.key();
                self.budgets().waves.learn(row.id, sketch, passed, now);
            }
        }
        Ok(())
    }
}
