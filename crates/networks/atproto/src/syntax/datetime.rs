//! Datetimes (<https://atproto.com/specs/lexicon#datetime>): what RFC 3339, ISO 8601 and WHATWG have in common.

use super::{SyntaxError, checked_string};
use landbridge_model::Time;
use time::{Date, Month, UtcOffset};

/// A datetime as it was written. The moment is [`Datetime::time`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Datetime(Box<str>);

checked_string!(Datetime);

impl Datetime {
    /// `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`, capital letters, a moment that exists and is not before the year 0.
    pub fn parse(text: &str) -> Result<Datetime, SyntaxError> {
        read(text).map(|_| Datetime(text.into()))
    }

    /// Now, in the preferred form: UTC with milliseconds.
    pub fn of(time: Time) -> Datetime {
        Datetime(time.rfc3339().into())
    }

    /// The moment, cut to milliseconds.
    pub fn time(&self) -> Time {
        read(&self.0).unwrap_or_default()
    }
}

const fn no(why: &'static str) -> SyntaxError {
    SyntaxError { kind: "datetime", why }
}

fn read(text: &str) -> Result<Time, SyntaxError> {
    let shape = no("not YYYY-MM-DDTHH:MM:SS with optional fraction and a time zone");
    if text.len() > 64 {
        return Err(no("longer than 64 characters"));
    }
    if !text.is_ascii() {
        return Err(shape);
    }
    let (main, rest) = text.split_at_checked(19).ok_or(shape)?;
    let shaped = main
        .bytes()
        .zip("0000-00-00T00:00:00".bytes())
        .all(|(b, want)| if want == b'0' { b.is_ascii_digit() } else { b == want });
    if !shaped {
        return Err(shape);
    }
    let number = |from: usize, to: usize| main.get(from..to).and_then(|n| n.parse::<u16>().ok()).ok_or(shape);
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return Err(no("an empty fraction"));
            }
            rest.split_at_checked(digits).ok_or(shape)?
        }
        None => ("", rest),
    };
    let offset = zone_of(zone)?;
    let exists = |_| no("no such moment");
    let month = Month::try_from(number(5, 7)? as u8).map_err(exists)?;
    let date =
        Date::from_calendar_date(i32::from(number(0, 4)?), month, number(8, 10)? as u8).map_err(exists)?;
    let millis =
        fraction.bytes().map(|b| u16::from(b - b'0')).chain([0, 0, 0]).take(3).fold(0, |n, d| n * 10 + d);
    let moment = date
        .with_hms_milli(number(11, 13)? as u8, number(14, 16)? as u8, number(17, 19)? as u8, millis)
        .map_err(exists)?
        .assume_offset(offset);
    if moment.unix_timestamp() < YEAR_ZERO {
        return Err(no("before the year 0"));
    }
    Ok(Time((moment.unix_timestamp_nanos() / 1_000_000) as i64))
}

/// 0000-01-01T00:00:00Z in seconds since the Unix epoch.
const YEAR_ZERO: i64 = -62_167_219_200;

fn zone_of(zone: &str) -> Result<UtcOffset, SyntaxError> {
    let bad = no("the time zone is not Z or ±HH:MM");
    if zone == "Z" {
        return Ok(UtcOffset::UTC);
    }
    let sign = match zone.as_bytes().first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Err(bad),
    };
    let shaped = zone.len() == 6
        && zone.bytes().enumerate().skip(1).all(|(i, b)| if i == 3 { b == b':' } else { b.is_ascii_digit() });
    if !shaped || zone == "-00:00" {
        return Err(bad);
    }
    let number = |from: usize, to: usize| zone.get(from..to).and_then(|n| n.parse::<i8>().ok()).ok_or(bad);
    let (hours, minutes) = (number(1, 3)?, number(4, 6)?);
    if minutes > 59 {
        return Err(bad);
    }
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).map_err(|_| bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let time = |text: &str| Datetime::parse(text).unwrap().time().0;
        assert_eq!(time("1970-01-01T00:00:00.1239Z"), 123);
        assert_eq!(time("1970-01-01T01:00:00.5+01:00"), 500);
        assert_eq!(time("0000-01-01T00:00:00.000Z"), YEAR_ZERO * 1000);
        assert_eq!(Datetime::of(Time(1)).as_str(), "1970-01-01T00:00:00.001Z");
    }
}
