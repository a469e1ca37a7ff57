//! How much of a thing in how much time (rate limits, <https://docs.bsky.app/docs/advanced-guides/rate-limits>).

use super::{XrpcError, XrpcResult};
use crate::crypto::sha256;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use landbridge_cache::Cache;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Requests of one address.
    Requests,
    /// Sign-ins to one account from one address.
    SignIn,
    CreateAccount,
    UpdateHandle,
    /// Changes of records of one account, in points: 3 for a new one, 2 for an update, 1 for a delete.
    Write,
    Upload,
    /// The same while an account moves here: whoever has been on the network for years brings thousands.
    Bring,
    /// Tries of the operator's token.
    Admin,
    /// Requests for authorization of one address.
    Authorize,
    /// Sign-ins by OAuth and their renewals, of one address: a web app renews those of all its members from its own, every
    /// ten minutes, and often has to ask twice (for the nonce).
    Token,
}

const MINUTES: u32 = 60;
const HOUR: u32 = 3600;
const DAY: u32 = 86_400;

impl Limit {
    /// (points, seconds), each held by itself.
    fn rules(self) -> &'static [(u32, u32)] {
        match self {
            Limit::Requests => &[(3000, 5 * MINUTES)],
            Limit::SignIn => &[(30, 5 * MINUTES), (300, DAY)],
            Limit::CreateAccount => &[(100, 5 * MINUTES)],
            Limit::UpdateHandle => &[(10, 5 * MINUTES), (50, DAY)],
            Limit::Write => &[(5000, HOUR), (35_000, DAY)],
            Limit::Upload => &[(1000, DAY)],
            Limit::Bring => &[(20_000, DAY)],
            Limit::Admin => &[(60, 5 * MINUTES)],
            Limit::Authorize => &[(200, 5 * MINUTES)],
            Limit::Token => &[(1000, 5 * MINUTES)],
        }
    }
}

/// Where somebody stands with a limit.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub limit: u32,
    pub remaining: u32,
    /// Seconds since the epoch at which it begins anew.
    pub reset: u64,
    /// Seconds.
    pub window: u32,
}

/// Counts of the current windows.
pub struct Limits {
    counts: Cache<[u8; 32], Arc<AtomicU32>>,
    held: bool,
}

impl Limits {
    /// `held`: whether anybody is held to them.
    pub fn new(held: bool) -> Limits {
        let day = Duration::from_secs(DAY.into());
        Limits { counts: Cache::living(200_000, day), held }
    }

    /// Takes points of somebody's share; refuses when they are not there.
    pub fn take(&self, limit: Limit, whose: &str, points: u32) -> XrpcResult<Standing> {
        self.try_take(limit, whose, points).map_err(|spent| refused(&spent))
    }

    /// The same; who is refused is told how they stand.
    pub fn try_take(&self, limit: Limit, whose: &str, points: u32) -> Result<Standing, Standing> {
        self.take_at(limit, whose, points, SystemTime::now())
    }

    fn take_at(&self, limit: Limit, whose: &str, points: u32, now: SystemTime) -> Result<Standing, Standing> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut narrowest: Option<Standing> = None;
        for (most, window) in limit.rules() {
            let number = now / u64::from(*window);
            let key = sha256(format!("{limit:?}\0{window}\0{number}\0{whose}").as_bytes());
            let count = self.counts.get_with(&key, Arc::default);
            let before = count.fetch_add(points, Ordering::Relaxed);
            let remaining = most.saturating_sub(before.saturating_add(points));
            let reset = (number + 1) * u64::from(*window);
            let standing = Standing { limit: *most, remaining, reset, window: *window };
            if self.held && before.saturating_add(points) > *most {
                // It was not done, so it does not count.
                count.fetch_sub(points, Ordering::Relaxed);
                return Err(Standing { remaining: 0, ..standing });
            }
            if narrowest.is_none_or(|known| remaining < known.remaining) {
                narrowest = Some(standing);
            }
        }
        Ok(narrowest.unwrap_or(Standing { limit: 0, remaining: 0, reset: now, window: 0 }))
    }
}

/// In the words of XRPC.
pub fn refused(spent: &Standing) -> XrpcError {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = spent.reset.saturating_sub(now);
    XrpcError {
        status: StatusCode::TOO_MANY_REQUESTS,
        error: "RateLimitExceeded",
        message: format!("Rate Limit Exceeded; it begins anew in {seconds} seconds"),
    }
}

/// `RateLimit-Limit`, `-Remaining`, `-Reset`, `-Policy`.
pub fn headers(standing: &Standing, into: &mut HeaderMap) {
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            into.insert(HeaderName::from_static(name), value);
        }
    };
    put("ratelimit-limit", standing.limit.to_string());
    put("ratelimit-remaining", standing.remaining.to_string());
    put("ratelimit-reset", standing.reset.to_string());
    put("ratelimit-policy", format!("{};w={}", standing.limit, standing.window));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_share_and_it_comes_back() {
        let (limits, now) = (Limits::new(true), UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        for n in 1..=30 {
            let standing = limits.take_at(Limit::SignIn, "a", 1, now).unwrap();
            assert_eq!(standing.remaining, 30 - n);
        }
        let spent = limits.take_at(Limit::SignIn, "a", 1, now).unwrap_err();
        assert_eq!((spent.limit, spent.remaining, spent.window), (30, 0, 300));
        assert_eq!((refused(&spent).status.as_u16(), refused(&spent).error), (429, "RateLimitExceeded"));
        assert!(limits.take_at(Limit::SignIn, "b", 1, now).is_ok());
        assert!(limits.take_at(Limit::SignIn, "a", 1, now + Duration::from_secs(300)).is_ok());
        // A day has its own share.
        let write = |points| limits.take_at(Limit::Write, "a", points, now);
        assert!(write(4999).is_ok() && write(2).is_err() && write(1).is_ok());
    }
}
