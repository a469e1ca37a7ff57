//! How many messages of people who are new here are looked at: each costs a look-up of who they are.

use landbridge_model::Id;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Strangers whose messages reach one member in an hour.
const STRANGERS: u32 = 60;
const HOUR: i64 = 3_600;

/// Counted by member, for the hour that runs.
#[derive(Default)]
pub struct Budget(Mutex<HashMap<Id, (i64, u32)>>);

impl Budget {
    /// Whether one more may come; `now`: seconds.
    pub fn take(&self, member: Id, now: i64) -> bool {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (hour, count) = counts.entry(member).or_default();
        if *hour != now / HOUR {
            (*hour, *count) = (now / HOUR, 0);
        }
        *count = count.saturating_add(1);
        *count <= STRANGERS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_ends_and_others_do_not_suffer() {
        let budget = Budget::default();
        let taken = (0..10_000).filter(|_| budget.take(Id(1), 5)).count();
        assert_eq!(taken, STRANGERS as usize);
        assert!(budget.take(Id(2), 5));
        assert!(budget.take(Id(1), HOUR + 5));
    }
}
