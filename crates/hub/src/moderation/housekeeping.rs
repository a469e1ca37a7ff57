//! Work that comes back: ends of polls, mutes that run out, retention.

use crate::{Hub, HubError, Stop};
use landbridge_model::Time;
use landbridge_store::entities::blocks;
use std::time::Duration;

const TICK: Duration = Duration::from_secs(15);
/// Ticks between.
const MINUTES: u64 = 20;
const HOURS: u64 = 240;

impl Hub {
    /// Does what is due until `stop`. On several nodes each does it; what is to happen once hangs on a precondition.
    pub async fn run_housekeeping(self, mut stop: Stop) {
        let mut ticks: u64 = 0;
        loop {
            self.log("polls", self.close_polls().await);
            if ticks.is_multiple_of(MINUTES) {
                self.log("mutes", self.expire_mutes().await);
                self.log("leaving", self.finish_leaving().await);
            }
            if ticks % HOURS == 1 {
                self.log("sweep", self.sweep().await.map(|_| ()));
            }
            ticks = ticks.wrapping_add(1);
            tokio::select! {
                () = tokio::time::sleep(TICK) => {}
                changed = stop.changed() => if changed.is_err() || *stop.borrow() { return },
            }
        }
    }

    async fn expire_mutes(&self) -> Result<(), HubError> {
        self.store().write(blocks::expire_mutes(Time::now())).await?;
        Ok(())
    }

    fn log(&self, what: &'static str, outcome: Result<(), HubError>) {
        if let Err(why) = outcome {
            tracing::error!(what, %why, "housekeeping failed; it is tried again");
            metrics::counter!("hub_housekeeping_failures_total", "what" => what).increment(1);
        }
    }
}
