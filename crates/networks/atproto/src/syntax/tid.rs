//! Timestamp identifiers (<https://atproto.com/specs/tid>): 53 bits of microseconds, 10 bits of clock id, as 13
//! characters whose text order is their order in time.

use super::SyntaxError;
use std::{fmt, str::FromStr};

const ALPHABET: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// A TID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tid(u64);

impl Tid {
    /// The greatest number of microseconds that fits.
    const LAST: u64 = (1 << 53) - 1;

    /// From microseconds since the Unix epoch (cut to 53 bits' worth, until the year 2255) and a clock id (10 bits).
    pub fn new(micros: u64, clock: u16) -> Tid {
        Tid(micros.min(Self::LAST) << 10 | u64::from(clock & 0x3ff))
    }

    /// 13 characters of base32-sortable, the top bit zero.
    pub fn parse(text: &str) -> Result<Tid, SyntaxError> {
        let no = |why| SyntaxError { kind: "TID", why };
        if text.len() != 13 {
            return Err(no("not 13 characters"));
        }
        if !text.starts_with(|c| matches!(c, '2'..='7' | 'a'..='j')) {
            return Err(no("the top bit is set, or not base32-sortable"));
        }
        let digit = |b: u8| match b {
            b'2'..=b'7' => Some(b - b'2'),
            b'a'..=b'z' => Some(b - b'a' + 6),
            _ => None,
        };
        let number = text.bytes().try_fold(0u64, |n, b| digit(b).map(|d| n << 5 | u64::from(d)));
        number.map(Tid).ok_or(no("not base32-sortable"))
    }

    /// Microseconds since the Unix epoch, as the maker of the TID had them.
    pub fn micros(self) -> u64 {
        self.0 >> 10
    }

    /// The maker's clock id.
    pub fn clock(self) -> u16 {
        (self.0 & 0x3ff) as u16
    }
}

impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 13];
        for (i, out) in text.iter_mut().enumerate() {
            let digit = (self.0 >> (60 - 5 * i)) as usize & 31;
            *out = ALPHABET.get(digit).copied().unwrap_or(b'2');
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl FromStr for Tid {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Tid::parse(text)
    }
}

/// Makes TIDs, each greater than the one before, also when the clock steps back.
///
/// For `rev`s of a repository, give the last one to [`TidClock::next_after`]: it is the state that must survive, and the
/// database keeps it.
#[derive(Clone, Debug)]
pub struct TidClock {
    id: u16,
    last: u64,
}

impl TidClock {
    /// `id`: 10 bits, different for each process that makes TIDs for the same repository.
    pub fn new(id: u16) -> TidClock {
        TidClock { id: id & 0x3ff, last: 0 }
    }

    /// The next TID. `now`: microseconds since the Unix epoch.
    pub fn next(&mut self, now: u64) -> Tid {
        self.last = now.max(self.last.saturating_add(1));
        Tid::new(self.last, self.id)
    }

    /// The next TID, greater than `before` as well.
    pub fn next_after(&mut self, now: u64, before: Option<Tid>) -> Tid {
        if let Some(before) = before {
            self.last = self.last.max(before.micros());
        }
        self.next(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strictly_increasing_over_clock_steps() {
        let mut clock = TidClock::new(1023);
        let mut last = clock.next(1_700_000_000_000_000);
        for now in
            [1_700_000_000_000_000, 1_600_000_000_000_000, 0, 1_700_000_000_000_001, 1_800_000_000_000_000]
        {
            let tid = clock.next(now);
            assert!(tid > last && tid.to_string() > last.to_string());
            assert_eq!(tid.clock(), 1023);
            last = tid;
        }
        let future = Tid::new(1_900_000_000_000_000, 7);
        assert!(clock.next_after(0, Some(future)) > future);
    }

    #[test]
    fn text_and_number() {
        for text in ["3jzfcijpj2z2a", "7777777777777", "3zzzzzzzzzzzz", "2222222222222", "bzzzzzzzzzzzz"] {
            assert_eq!(Tid::parse(text).unwrap().to_string(), text);
        }
        let tid = Tid::new(1_700_000_000_123_456, 5);
        assert_eq!((tid.micros(), tid.clock()), (1_700_000_000_123_456, 5));
    }
}
