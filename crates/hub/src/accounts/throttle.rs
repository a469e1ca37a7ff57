//! Slows down guessing of passwords, whichever door they are tried at: after a few failures each further one doubles
//! the wait, up to a quarter of an hour.
//!
//! Counted for a name at one address, for the address, and for the name wherever the tries come from. The last has the
//! most room, so that a stranger cannot easily lock a member out, and many addresses together still cannot guess on.

use aws_lc_rs::digest::{SHA256, digest};
use landbridge_cache::Cache;
use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

/// Failures that cost nothing: of a name at one address, of an address, of a name.
const FREE: [u32; 3] = [5, 20, 50];
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(900);
/// After so long without a failure all is forgotten.
const MEMORY: Duration = Duration::from_secs(3600);
/// Keys that are remembered at most; those tried least go first.
const MAX_KEYS: u64 = 50_000;

/// Part of a hash: names and addresses are not kept readable, and take the same room however long they are.
type Key = [u8; 16];

/// Failed tries and the time of the last, by key.
pub(crate) struct Throttle(Cache<Key, (u32, Instant)>);

/// One try, counted as failed until it has succeeded, so that many at once are no way round.
pub(super) struct Try<'a> {
    throttle: &'a Throttle,
    keys: [Key; 3],
}

impl Default for Throttle {
    fn default() -> Self {
        Throttle(Cache::idling(MAX_KEYS, MEMORY))
    }
}

impl Throttle {
    /// Begins a try, or says how long to wait. `from`: `None` when it comes from no address that is known.
    pub(super) fn begin(&self, name: &str, from: Option<IpAddr>, now: Instant) -> Result<Try<'_>, Duration> {
        // Without an address, one person's failures are no other's.
        let from = from.map_or_else(|| format!("nowhere\0{name}"), |ip| household(ip).to_string());
        let keys = [
            key(&format!("pair\0{from}\0{name}")),
            key(&format!("address\0{from}")),
            key(&format!("name\0{name}")),
        ];
        let wait = keys.iter().zip(FREE).filter_map(|(key, free)| self.wait(key, free, now)).max();
        match wait {
            Some(wait) => Err(wait),
            None => {
                keys.iter().for_each(|key| self.count(*key, now));
                Ok(Try { throttle: self, keys })
            }
        }
    }

    fn wait(&self, key: &Key, free: u32, now: Instant) -> Option<Duration> {
        let (count, last) = self.0.get(key)?;
        let left = pause(count, free).checked_sub(now.saturating_duration_since(last))?;
        (!left.is_zero()).then_some(left)
    }

    fn count(&self, key: Key, now: Instant) {
        self.0.update(&key, |known| match known {
            Some((count, last)) if now.saturating_duration_since(last) < MEMORY => {
                Some((count.saturating_add(1), now))
            }
            _ => Some((1, now)),
        });
    }
}

impl Try<'_> {
    /// The password was right. Failures of others at this address stay counted.
    pub fn succeeded(self) {
        let [pair, address, name] = self.keys;
        self.throttle.0.remove(&pair);
        self.throttle.0.remove(&name);
        self.throttle.0.update(&address, |known| {
            let (count, last) = known?;
            (count > 1).then(|| (count - 1, last))
        });
    }
}

fn pause(failures: u32, free: u32) -> Duration {
    match failures.checked_sub(free) {
        None => Duration::ZERO,
        Some(more) => Duration::from_secs(1 << more.min(20)).min(LONGEST),
    }
}

/// Whom an address stands for where it is counted: an IPv6 customer owns a whole /64.
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

fn key(text: &str) -> Key {
    digest(&SHA256, text.as_bytes()).as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    /// Seconds to wait before the next try; 0: it was begun, and fails.
    fn fail(throttle: &Throttle, name: &str, from: &str, at: Instant) -> u64 {
        throttle.begin(name, ip(from), at).err().map_or(0, |wait| wait.as_secs())
    }

    #[test]
    fn waits_double_and_end() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(fail(&throttle, "alice", "192.0.2.1", start), 0);
        }
        assert_eq!(fail(&throttle, "alice", "192.0.2.1", start), 1);
        let mut at = start;
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(fail(&throttle, "alice", "192.0.2.1", at), wait);
            at += Duration::from_secs(wait);
            assert_eq!(fail(&throttle, "alice", "192.0.2.1", at), 0);
        }
        assert_eq!(fail(&throttle, "bob", "192.0.2.1", at), 0, "another name");
        assert_eq!(fail(&throttle, "alice", "192.0.2.2", at), 0, "another address: nobody is locked out");
    }

    #[test]
    fn neither_many_names_nor_many_addresses_help() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        for i in 0..20 {
            // One household of IPv6.
            assert_eq!(fail(&throttle, &format!("name{i}"), &format!("2001:db8::{i:x}"), start), 0);
        }
        assert_eq!(fail(&throttle, "another", "2001:db8::ffff", start), 1);
        assert_eq!(fail(&throttle, "another", "2001:db8:0:1::1", start), 0);
        for i in 0..50 {
            assert_eq!(fail(&throttle, "alice", &format!("198.51.100.{i}"), start), 0);
        }
        assert_eq!(fail(&throttle, "alice", "203.0.113.1", start), 1);
    }

    #[test]
    fn a_right_password_clears_the_name_and_costs_the_address_nothing() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        let right = |at| match throttle.begin("alice", ip("192.0.2.1"), at) {
            Ok(begun) => begun.succeeded(),
            Err(wait) => panic!("{wait:?}"),
        };
        for _ in 0..100 {
            right(start);
        }
        for _ in 0..4 {
            for _ in 0..4 {
                assert_eq!(fail(&throttle, "alice", "192.0.2.1", start), 0);
            }
            right(start);
        }
        // 16 failures at this address; four more, whatever the name, are free.
        for name in ["bob", "carol", "dave", "erin"] {
            assert_eq!(fail(&throttle, name, "192.0.2.1", start), 0);
        }
        assert_eq!(fail(&throttle, "frank", "192.0.2.1", start), 1);
    }
}
