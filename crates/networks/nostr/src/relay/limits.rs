//! How much strangers may send: token buckets by connection or authenticated key, by author, by recipient of wraps; and
//! apps that sign through us, which ask for a member but are no members themselves.

use crate::event::Hex32;
use landbridge_cache::Cache;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// Events per minute that somebody who is no member may send, with as many at once; 0: no limit.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// By connection, or by its authenticated key.
    pub connection: u32,
    pub author: u32,
    /// Gift wraps to one member.
    pub recipient: u32,
    /// Requests of one app to our signer (NIP-46): opening a screen of messages takes two for each.
    pub app: u32,
    /// Requests (REQ, COUNT) by connection, members included.
    pub requests: u32,
}

impl Default for Rates {
    fn default() -> Self {
        Rates { connection: 240, author: 60, recipient: 240, app: 1_200, requests: 1_200 }
    }
}

/// A bucket that fills by `per_minute` and holds as much.
#[derive(Debug)]
pub struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub fn full(per_minute: u32) -> Bucket {
        Bucket { tokens: f64::from(per_minute), at: Instant::now() }
    }

    /// Takes `cost` out, or says no.
    pub fn take(&mut self, cost: f64, per_minute: u32, now: Instant) -> bool {
        if per_minute == 0 {
            return true;
        }
        let rate = f64::from(per_minute);
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * rate / 60.0).min(rate);
        self.at = now;
        let enough = self.tokens >= cost;
        if enough {
            self.tokens -= cost;
        }
        enough
    }
}

/// The shared buckets, by key. Idle ones are forgotten.
pub struct Buckets {
    pub rates: Rates,
    keyed: Cache<(Scope, Hex32), Arc<Mutex<Bucket>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Authenticated,
    Author,
    Recipient,
    /// Of a connection, or of its key, in what one member gets.
    Share,
    /// The key of an app that has an open session.
    App,
}

impl Buckets {
    pub fn new(rates: Rates) -> Buckets {
        let idle = std::time::Duration::from_secs(120);
        Buckets { rates, keyed: Cache::idling(100_000, idle) }
    }

    pub fn take(&self, scope: Scope, key: Hex32, cost: f64) -> bool {
        let rate = match scope {
            Scope::Authenticated => self.rates.connection,
            Scope::Author => self.rates.author,
            Scope::Recipient => self.rates.recipient,
            Scope::App => self.rates.app,
            // No limit stays none; and no limit is so low that nothing is left of it.
            Scope::Share => self.rates.recipient.div_ceil(4),
        };
        if rate == 0 {
            return true;
        }
        let bucket = self.keyed.get_with(&(scope, key), || Arc::new(Mutex::new(Bucket::full(rate))));
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.take(cost, rate, Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills() {
        let mut bucket = Bucket::full(60);
        let now = Instant::now();
        assert!((0..60).all(|_| bucket.take(1.0, 60, now)));
        assert!(!bucket.take(1.0, 60, now));
        assert!(bucket.take(1.0, 60, now + Duration::from_millis(1_100)));
        assert!(!bucket.take(1.0, 60, now + Duration::from_millis(1_100)));
    }

    #[test]
    fn zero_is_no_limit() {
        let buckets = Buckets::new(Rates { author: 0, ..Rates::default() });
        assert!((0..100).all(|_| buckets.take(Scope::Author, Hex32([1; 32]), 1_000.0)));
        assert!(Bucket::full(0).take(1.0, 0, Instant::now()));
    }

    #[test]
    fn keys_do_not_share() {
        let buckets = Buckets::new(Rates { author: 2, ..Rates::default() });
        let (a, b) = (Hex32([1; 32]), Hex32([2; 32]));
        assert!(buckets.take(Scope::Author, a, 2.0));
        assert!(!buckets.take(Scope::Author, a, 1.0));
        assert!(buckets.take(Scope::Author, b, 1.0));
    }
}
