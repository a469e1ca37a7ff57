//! Moments, in milliseconds since the Unix epoch.

use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// The clock of this machine.
    pub fn now() -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// From whole seconds, as Nostr and OAuth count.
    pub fn from_secs(secs: i64) -> Time {
        Time(secs.saturating_mul(1000))
    }

    /// Whole seconds since the epoch.
    pub fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// `2026-11-23T10:51:57.123Z`: always UTC with three fractional digits, as strict clients want it.
    pub fn rfc3339(self) -> String {
        let t = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (date, h, m, s, ms) = (t.date(), t.hour(), t.minute(), t.second(), t.millisecond());
        format!("{date}T{h:02}:{m:02}:{s:02}.{ms:03}Z")
    }

    /// `2026-11-23`.
    pub fn date(self) -> String {
        self.rfc3339().split('T').next().unwrap_or_default().to_owned()
    }

    /// Reads any RFC 3339 date-time.
    pub fn parse(text: &str) -> Result<Time, ParseTimeError> {
        let t = OffsetDateTime::parse(text.trim(), &Rfc3339).map_err(|_| ParseTimeError)?;
        Ok(Time(i64::try_from(t.unix_timestamp_nanos() / 1_000_000).unwrap_or(0)))
    }

    /// This much later (or earlier, through [`Time::minus`]).
    pub fn plus(self, by: Duration) -> Time {
        Time(self.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This much earlier.
    pub fn minus(self, by: Duration) -> Time {
        Time(self.0.saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// Not an RFC 3339 date-time.
#[derive(Debug, thiserror::Error)]
#[error("not a date and time in RFC 3339 form")]
pub struct ParseTimeError;

impl From<Time> for i64 {
    fn from(t: Time) -> i64 {
        t.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_alike() {
        let t = Time::parse("2026-11-23T10:51:57.1+02:00").unwrap();
        assert_eq!(t.rfc3339(), "2026-11-23T08:51:57.100Z");
        assert_eq!(Time::parse(&t.rfc3339()).unwrap(), t);
        assert_eq!(t.date(), "2026-11-23");
    }
}
