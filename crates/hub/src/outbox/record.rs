//! The outcome of one try: finished, or when to try again.

use super::{DeliveryState, PATIENCE};
use crate::{Delivery, Hub, HubError, Outcome};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Write,
    entities::{deliveries, hosts},
};
use std::time::Duration;

/// Longest answer of another server that is kept.
const ANSWER: usize = 300;
/// Failures in a row after which a host is left alone for a while.
const PATIENT: i64 = 5;
/// Longest that a host is left alone, and longest `Retry-After` that is believed.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

impl Hub {
    /// `since`: when it was queued; `failures`: of its host in a row, before this.
    pub(super) async fn record(
        &self,
        delivery: &Delivery,
        since: Time,
        failures: i64,
        outcome: Outcome,
    ) -> Result<(), HubError> {
        let now = Time::now();
        let finish =
            |state: DeliveryState, why: &str| deliveries::finish(delivery.id, state as i64, why, now);
        let mut write = Write::default();
        if let Some((state, answer)) = finished(&outcome) {
            write.push(finish(state, answer));
        }
        match &outcome {
            Outcome::Delivered { .. } if failures > 0 => {
                write.push(hosts::ok(delivery.network, &delivery.host, now));
            }
            Outcome::Retry { after, why, host_down } => {
                if *host_down {
                    self.count_failure(delivery, now).await?;
                }
                let wait = after.map_or_else(|| back_off(delivery.attempts, delivery.id), |a| a.min(LONGEST));
                let next = now.plus(wait);
                write.push(match next > since.plus(PATIENCE) {
                    true => finish(DeliveryState::GivenUp, shorten(why)),
                    false => deliveries::later(delivery.id, next, shorten(why)),
                });
            }
            _ => {}
        }
        self.store().write(write).await?;
        Ok(())
    }

    pub(super) async fn drop_delivery(&self, id: Id, why: &str) -> Result<(), HubError> {
        self.store().write(deliveries::finish(id, DeliveryState::Dropped as i64, why, Time::now())).await?;
        Ok(())
    }

    /// One more failure in a row; from some number on the circuit opens, for longer each time.
    async fn count_failure(&self, delivery: &Delivery, now: Time) -> Result<(), HubError> {
        let mut written = self.store().write(hosts::failed(delivery.network, &delivery.host)).await?;
        let failures: i64 = written.returned.first_mut().map_or(Ok(0), |row| row.get(0))?;
        if failures >= PATIENT {
            let minutes = 1_u64 << (failures - PATIENT).clamp(0, 10);
            let until = now.plus(Duration::from_secs(minutes * 60).min(LONGEST));
            let (network, host) = (delivery.network, delivery.host.as_str());
            // What waits for it waits as long, so that nobody has to look at it again and again.
            self.store()
                .write(vec![hosts::close(network, host, until), deliveries::put_off(network, host, until)])
                .await?;
        }
        Ok(())
    }
}

/// What is written of an outcome that is final, with the words that the member reads.
pub(crate) fn finished(outcome: &Outcome) -> Option<(DeliveryState, &str)> {
    let (state, why) = match outcome {
        Outcome::Delivered { answer } => (DeliveryState::Delivered, answer),
        Outcome::Refused { why } => (DeliveryState::Refused, why),
        Outcome::Gone { why } => (DeliveryState::Gone, why),
        Outcome::Unknown { why } => (DeliveryState::Unknown, why),
        Outcome::Retry { .. } => return None,
    };
    Some((state, shorten(why)))
}

pub(super) fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered { .. } => "delivered",
        Outcome::Retry { .. } => "retry",
        Outcome::Refused { .. } => "refused",
        Outcome::Gone { .. } => "gone",
        Outcome::Unknown { .. } => "unknown",
    }
}

/// 10 s, 1 min, 5 min, 20 min, 1 h, 3 h, then every 8 h; each up to a third longer, so that retries do not come in
/// waves.
fn back_off(attempts: u32, id: Id) -> Duration {
    const STEPS: [u64; 7] = [10, 60, 300, 1200, 3600, 10_800, 28_800];
    let last = STEPS.len() - 1;
    let step = STEPS.get((attempts as usize).min(last)).copied().unwrap_or(28_800);
    let spread = u64::try_from(id.0).unwrap_or(0).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    Duration::from_millis(step * 1000 + (step * 1000 / 3) * spread / (1 << 32))
}

fn shorten(why: &str) -> &str {
    let end = why.char_indices().nth(ANSWER).map_or(why.len(), |(i, _)| i);
    why.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_spread() {
        let waits: Vec<u64> = (0..9).map(|n| back_off(n, Id(i64::from(n) * 7919)).as_secs()).collect();
        assert!(waits.windows(2).take(6).all(|w| matches!(w, [a, b] if b > a)), "{waits:?}");
        assert!(waits.iter().all(|w| *w >= 10 && *w <= 28_800 * 4 / 3));
        assert_ne!(back_off(1, Id(1)), back_off(1, Id(2)));
    }
}
