//! Slows down guessing of passwords: after a few failures for a name or from an address, each further one doubles the
//! wait, up to a quarter of an hour.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Failures that cost nothing.
const FREE: u32 = 5;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(900);
/// After so long without a failure all is forgotten.
const MEMORY: Duration = Duration::from_secs(3600);
/// Keys that are remembered at most.
const MAX_KEYS: usize = 20_000;

/// Counts failures by key.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<String, (u32, Instant)>>);

impl Throttle {
    /// How long this key must still wait; `None`: not at all.
    pub fn wait(&self, key: &str, now: Instant) -> Option<Duration> {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, last) = failures.get(key).copied()?;
        let pause = pause(count);
        pause.checked_sub(now.saturating_duration_since(last)).filter(|left| !left.is_zero())
    }

    pub fn failed(&self, key: &str, now: Instant) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MAX_KEYS {
            failures.retain(|_, (_, last)| now.saturating_duration_since(*last) < MEMORY);
        }
        if failures.len() >= MAX_KEYS && !failures.contains_key(key) {
            return;
        }
        let entry = failures.entry(key.to_owned()).or_insert((0, now));
        let forgotten = now.saturating_duration_since(entry.1) >= MEMORY;
        *entry = (if forgotten { 1 } else { entry.0.saturating_add(1) }, now);
    }

    pub fn succeeded(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

fn pause(failures: u32) -> Duration {
    match failures.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(1 << more.min(20)).min(LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for _ in 0..4 {
            throttle.failed("alice", start);
        }
        assert_eq!(throttle.wait("alice", start), None);
        throttle.failed("alice", start);
        assert_eq!(throttle.wait("alice", start), Some(Duration::from_secs(1)));
        throttle.failed("alice", start);
        assert_eq!(throttle.wait("alice", start), Some(Duration::from_secs(2)));
        assert_eq!(throttle.wait("alice", start + Duration::from_secs(2)), None);
        assert_eq!(throttle.wait("bob", start), None);
        for _ in 0..60 {
            throttle.failed("alice", start);
        }
        assert_eq!(throttle.wait("alice", start), Some(LONGEST));
        throttle.succeeded("alice");
        assert_eq!(throttle.wait("alice", start), None);
    }
}
