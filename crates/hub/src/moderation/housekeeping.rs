//! Work that comes back: ends of polls, mutes that run out, retention.

use crate::{Hub, HubError, Stop};
use landbridge_store::{EngineKind, entities::search};
use std::{sync::atomic::Ordering, time::Duration};

const TICK: Duration = Duration::from_secs(15);
/// Ticks between.
const MINUTES: u64 = 20;
const HOURS: u64 = 240;
/// Pages of the search index merged at once, and how often after something was deleted.
const PAGES: i64 = 256;
const MERGES: u32 = 19;
const DAYS: u64 = 24 * HOURS;
/// Younger files may belong to what is being written.
const STRAY: Duration = Duration::from_secs(86_400);

impl Hub {
    /// Does what is due until `stop`. On several nodes each does it; what is to happen once hangs on a precondition.
    pub async fn run_housekeeping(self, mut stop: Stop) {
        let mut ticks: u64 = 0;
        let mut merges = 0;
        loop {
            self.log("scrub", self.scrub_removed(ticks, &mut merges).await);
            self.log("polls", self.close_polls().await);
            self.log("lists of rules", self.follow_rule_lists().await);
            if ticks.is_multiple_of(MINUTES) {
                self.log("mutes", self.expire_mutes().await);
                self.log("leaving", self.finish_leaving().await);
                self.log("held", self.release_left().await);
                self.log("parked", self.admit_parked().await.map(|_| ()));
            }
            if ticks % HOURS == 1 {
                self.log("sweep", self.sweep().await.map(|_| ()));
            }
            if ticks % DAYS == 2 {
                self.log("strays", self.sweep_strays(STRAY).await.map(|_| ()));
            }
            self.log("uses of grants", self.write_uses().await);
            ticks = ticks.wrapping_add(1);
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                changed = stop.changed() => if changed.is_err() || *stop.borrow() {
                    return self.log("uses of grants", self.write_uses().await);
                },
            }
        }
    }

    /// What was deleted leaves the disk too: the log that the database writes ahead, and the search index, which on SQLite
    /// forgets deleted words only when its parts are merged (a little at a time, so that no write waits for long).
    async fn scrub_removed(&self, ticks: u64, merges: &mut u32) -> Result<(), HubError> {
        let embedded = self.store().engine() == EngineKind::Sqlite;
        let every = if embedded { MINUTES } else { HOURS };
        if ticks.is_multiple_of(every) && self.removed().swap(false, Ordering::Relaxed) {
            if embedded {
                self.store().write(search::merge(-PAGES)).await?;
                *merges = MERGES;
            }
            if let Err(error) = self.store().scrub().await {
                self.removed().store(true, Ordering::Relaxed);
                return Err(error.into());
            }
        } else if *merges > 0 {
            *merges -= 1;
            self.store().write(search::merge(PAGES)).await?;
        }
        Ok(())
    }

    /// The same at once and to the end: nothing that was deleted is on the disk when this returns.
    pub async fn scrub_now(&self) -> Result<(), HubError> {
        if self.store().engine() == EngineKind::Sqlite {
            self.store().write(search::merge(-PAGES)).await?;
            for _ in 0..MERGES {
                self.store().write(search::merge(PAGES)).await?;
            }
        }
        Ok(self.store().scrub().await?)
    }

    fn log(&self, what: &'static str, outcome: Result<(), HubError>) {
        if let Err(why) = outcome {
            tracing::error!(what, %why, "housekeeping failed; it is tried again");
            metrics::counter!("hub_housekeeping_failures_total", "what" => what).increment(1);
        }
    }
}
