//! How long to wait before a source is tried again.

use std::time::Duration;

/// Doubles from a second to five minutes, with a little spread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Notes a failure; gives the wait before the next try.
    pub fn failed(&mut self) -> Duration {
        let seconds = 2u64.saturating_pow(self.failures.min(9)).min(300);
        self.failures = self.failures.saturating_add(1);
        let mut spread = [0; 1];
        let _ = aws_lc_rs::rand::fill(&mut spread);
        Duration::from_millis(seconds * 1_000 + seconds * u64::from(spread[0]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_start_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..20).map(|_| backoff.failed().as_secs()).collect();
        assert!(waits[0] <= 2 && waits[5] >= 32 && waits.iter().all(|wait| *wait <= 300 * 13 / 10));
        backoff.succeeded();
        assert!(backoff.failed().as_secs() <= 2);
    }
}
