//! Ids: 64-bit, time-ordered, one space for everything that a client can page through.

use crate::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
    str::FromStr,
    sync::atomic::{AtomicI64, Ordering},
};

/// Milliseconds of 2020-01-01T00:00:00Z: ids count from here.
const EPOCH: i64 = 1_577_836_800_000;
/// Low bits that tell apart the ids of one millisecond.
const SEQUENCE_BITS: u32 = 12;

/// A time-ordered id below 2^53 (some clients read certain ids as JSON numbers). Shown as a decimal string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub i64);

impl Id {
    /// The smallest id of that moment: for paging by date.
    pub fn floor(at: Time) -> Id {
        Id(at.0.saturating_sub(EPOCH).clamp(0, (1 << 41) - 1) << SEQUENCE_BITS)
    }

    /// When the id was made (or, for something from elsewhere, when it says it was written).
    pub fn time(self) -> Time {
        Time((self.0 >> SEQUENCE_BITS) + EPOCH)
    }
}

/// Room that every millisecond keeps for ids after a process's first one.
const ROOM: i64 = 512;

/// Gives ids. One per process.
#[derive(Debug)]
pub struct IdSource {
    last: AtomicI64,
    low: AtomicI64,
    /// Where this process begins within a millisecond, so that two on one database do not meet.
    start: i64,
}

impl Default for IdSource {
    fn default() -> Self {
        // Random, because process ids are the same on every node that runs in a container.
        let random = RandomState::new().build_hasher().finish() >> 1;
        let start = i64::try_from(random).unwrap_or(0) % ((1 << SEQUENCE_BITS) - ROOM);
        IdSource { last: AtomicI64::new(0), low: AtomicI64::new(start), start }
    }
}

impl IdSource {
    /// An id for now, above every id this source gave by `next` before.
    pub fn next(&self) -> Id {
        let first = Id::floor(Time::now()).0 + self.start;
        let step = |last: i64| if last >= first { last + 1 } else { first };
        let last = self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(step(last)));
        Id(step(last.unwrap_or(first)))
    }

    /// An id for something written elsewhere at `at`; never in the future.
    pub fn at(&self, at: Time) -> Id {
        let now = Time::now();
        if at.0 >= now.0 {
            return self.next();
        }
        // Beside those that `next` gave in that millisecond.
        let low = self.low.fetch_add(1, Ordering::Relaxed).rem_euclid((1 << SEQUENCE_BITS) - ROOM);
        Id(Id::floor(at).0 + if low < self.start { low } else { low + ROOM })
    }
}

/// Not a decimal id.
#[derive(Debug, thiserror::Error)]
#[error("not an id")]
pub struct ParseIdError;

impl FromStr for Id {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Id, ParseIdError> {
        match text.parse::<i64>() {
            Ok(n) if n >= 0 => Ok(Id(n)),
            _ => Err(ParseIdError),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Id> for i64 {
    fn from(id: Id) -> i64 {
        id.0
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Id, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_stay_below_2_to_the_53() {
        let source = IdSource::default();
        let mut last = Id(0);
        for _ in 0..20_000 {
            let id = source.next();
            assert!(id > last, "{id} after {last}");
            last = id;
        }
        assert!(last.0 < 1 << 53);
        assert!((last.time().0 - Time::now().0).abs() < 60_000);
    }

    #[test]
    fn ids_of_then_are_none_of_those_of_the_same_moment() {
        let source = IdSource::default();
        let given: Vec<Id> = (0..400).map(|_| source.next()).collect();
        let then = given[0].time();
        std::thread::sleep(std::time::Duration::from_millis(2));
        let mut seen: std::collections::HashSet<Id> = given.into_iter().collect();
        for _ in 0..(1 << SEQUENCE_BITS) - ROOM {
            let id = source.at(then);
            assert!(id.time() == then && seen.insert(id), "{id} twice");
        }
    }

    #[test]
    fn two_sources_do_not_begin_alike() {
        // Four at once: that all of them meet by chance happens once in 40 thousand million runs.
        let starts: Vec<i64> = (0..4).map(|_| IdSource::default().start).collect();
        assert!(starts.iter().any(|start| *start != starts[0]), "{starts:?}");
    }
}
