//! A bucket of tokens: so many at once, so many a day.

use landbridge_model::Time;

/// Milliseconds.
const DAY: f64 = 86_400_000.0;

/// How many at once, and how many a day after that.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub burst: f64,
    pub daily: f64,
}

impl Rate {
    pub const fn new(burst: f64, daily: f64) -> Rate {
        Rate { burst, daily }
    }

    /// The same for somebody of that standing.
    pub fn times(self, weight: f64) -> Rate {
        Rate { burst: self.burst * weight, daily: self.daily * weight }
    }
}

/// What is left of a rate. Its first question finds it full.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bucket {
    /// Tokens that were taken and have not come back.
    used: f64,
    at: Time,
}

impl Bucket {
    /// Whether one more may be taken at that moment. A rate that has changed since counts for what is left from now on.
    pub fn has_one(&mut self, rate: Rate, now: Time) -> bool {
        let passed = (now.0 - self.at.0).max(0) as f64;
        self.used = (self.used - passed * rate.daily / DAY).max(0.0);
        self.at = now;
        self.used + 1.0 <= rate.burst.max(1.0)
    }

    /// Takes one, whether there is one or not: ask before.
    pub fn take(&mut self) {
        self.used += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HOUR: Duration = Duration::from_secs(3600);

    fn take(bucket: &mut Bucket, rate: Rate, now: Time) -> bool {
        let there = bucket.has_one(rate, now);
        if there {
            bucket.take();
        }
        there
    }

    #[test]
    fn it_empties_and_fills() {
        let (rate, start) = (Rate::new(4.0, 24.0), Time::from_secs(1_000_000));
        let mut bucket = Bucket::default();
        assert_eq!((0..10).filter(|_| take(&mut bucket, rate, start)).count(), 4);
        assert_eq!((0..10).filter(|_| take(&mut bucket, rate, start.plus(HOUR))).count(), 1);
        assert_eq!((0..10).filter(|_| take(&mut bucket, rate, start.plus(HOUR * 100))).count(), 4);
    }

    #[test]
    fn a_clock_that_steps_back_gives_nothing() {
        let (rate, start) = (Rate::new(1.0, 24.0), Time::from_secs(1_000_000));
        let mut bucket = Bucket::default();
        assert!(take(&mut bucket, rate, start));
        assert!(!take(&mut bucket, rate, start.minus(HOUR * 5)));
        // The stretch that is lived twice counts once more: no more than a burst.
        assert_eq!((0..10).filter(|_| take(&mut bucket, rate, start)).count(), 1);
    }

    #[test]
    fn standing_changes_the_rate_at_once() {
        let (rate, now) = (Rate::new(4.0, 24.0), Time::from_secs(1_000_000));
        let mut bucket = Bucket::default();
        assert_eq!((0..10).filter(|_| take(&mut bucket, rate, now)).count(), 4);
        assert_eq!((0..10).filter(|_| take(&mut bucket, rate.times(2.0), now)).count(), 4);
        // Nobody is without any for ever.
        assert!(take(&mut Bucket::default(), rate.times(0.01), now));
    }
}
