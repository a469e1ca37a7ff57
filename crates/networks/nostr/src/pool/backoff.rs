//! How long to wait before trying a relay again.

use std::time::Duration;

/// Doubles from 2 seconds to 15 minutes, with a little spread, so that a relay that restarts is not met by everybody at
/// once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// The other side does not want us: the longest wait at once, so that it is not asked over and over.
    pub fn unwelcome(&mut self) -> Duration {
        self.failures = self.failures.max(8);
        self.failed()
    }

    /// Notes a failure; gives the wait before the next try.
    pub fn failed(&mut self) -> Duration {
        let seconds = 2u64.saturating_pow(self.failures.min(9) + 1).min(900);
        self.failures = self.failures.saturating_add(1);
        let [spread] = crate::event::random::<1>();
        Duration::from_millis(seconds * 1_000 + seconds * u64::from(spread))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_start_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..20).map(|_| backoff.failed().as_secs()).collect();
        assert!(waits[0] <= 3 && waits[5] >= 64 && waits.iter().all(|w| *w <= 900 * 13 / 10));
        assert!(Backoff::default().unwelcome().as_secs() >= 500);
        backoff.succeeded();
        assert!(backoff.failed().as_secs() <= 3);
    }
}
