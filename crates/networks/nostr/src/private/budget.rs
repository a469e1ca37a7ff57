//! How many messages of people who are new here are looked at: a look-up of who they are costs us requests, and a row each.
//! (How many of them a member is asked about is the hub's to say: its budgets count by sender and by the way a message came.)

use landbridge_model::Id;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Strangers to one member in an hour who are looked up, and who are taken in by their bare key.
const LOOKED_UP: u32 = 60;
const TAKEN_IN: u32 = 600;
const HOUR: i64 = 3_600;

/// What becomes of one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcome {
    LookUp,
    /// Nothing is asked for them: their message waits at the gate under their key.
    Bare,
    /// It waits on the relay, unread and shown to nobody, for an hour in which fewer come.
    Wait,
}

/// Counted by member, for the hour that runs.
#[derive(Default)]
pub struct Budget(Mutex<HashMap<Id, (i64, u32)>>);

impl Budget {
    /// One more comes; `now`: seconds.
    pub fn take(&self, member: Id, now: i64) -> Welcome {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (hour, count) = counts.entry(member).or_default();
        if *hour != now / HOUR {
            (*hour, *count) = (now / HOUR, 0);
        }
        *count = count.saturating_add(1);
        match *count {
            n if n <= LOOKED_UP => Welcome::LookUp,
            n if n <= TAKEN_IN => Welcome::Bare,
            _ => Welcome::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_ends_and_others_do_not_suffer() {
        let budget = Budget::default();
        let taken: Vec<_> = (0..10_000).map(|_| budget.take(Id(1), 5)).collect();
        let count = |welcome| taken.iter().filter(|taken| **taken == welcome).count();
        assert_eq!(count(Welcome::LookUp), LOOKED_UP as usize);
        assert_eq!(count(Welcome::Bare), (TAKEN_IN - LOOKED_UP) as usize);
        assert_eq!(taken.last(), Some(&Welcome::Wait));
        assert_eq!(budget.take(Id(2), 5), Welcome::LookUp);
        assert_eq!(budget.take(Id(1), HOUR + 5), Welcome::LookUp);
    }
}
