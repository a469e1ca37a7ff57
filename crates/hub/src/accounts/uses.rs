//! The log of what grants are used for.
//!
//! Uses are counted in memory and written now and then, one row an hour, grant and purpose: a request costs no write. What
//! was not written yet is lost by a crash, a minute at most.

use crate::{Hub, HubError};
use landbridge_model::{Id, Time};
use landbridge_store::{Write, entities::grants};
use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

const HOUR: i64 = 3_600_000;
/// Different purposes of one grant that are told apart between two writes, and grants counted at once.
const PURPOSES: usize = 64;
const GRANTS: usize = 20_000;
/// What the log says of a conversation that was read, before its id.
pub const READ_CONVERSATION: &str = "read conversation ";
/// Where the rest is counted.
const OTHER: &str = "other";

/// What a grant was used for within one hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantUse {
    /// When that hour began.
    pub hour: Time,
    /// A scope, or what was done.
    pub what: String,
    pub uses: u64,
    pub last_at: Time,
}

/// Uses that are not written yet, by grant and purpose.
#[derive(Default)]
pub(crate) struct Uses(Mutex<HashMap<Id, HashMap<Box<str>, Counted>>>);

struct Counted {
    uses: i64,
    last_at: Time,
}

impl Uses {
    fn count(&self, grant: Id, what: &str, at: Time) {
        let mut grants = self.lock();
        if grants.len() >= GRANTS && !grants.contains_key(&grant) {
            return;
        }
        let purposes = grants.entry(grant).or_default();
        let what = match purposes.contains_key(what) || purposes.len() < PURPOSES {
            true => what,
            false => OTHER,
        };
        match purposes.get_mut(what) {
            Some(counted) => (counted.uses, counted.last_at) = (counted.uses.saturating_add(1), at),
            None => _ = purposes.insert(what.into(), Counted { uses: 1, last_at: at }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, HashMap<Box<str>, Counted>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// Notes that a grant was used. `what`: the scope that was needed, or what was done, in a few words.
    pub fn used(&self, grant: Id, what: &str) {
        self.uses().count(grant, what, Time::now());
    }

    /// Notes that a grant has read a conversation.
    pub fn used_conversation(&self, grant: Id, conversation: Id) {
        self.used(grant, &format!("{READ_CONVERSATION}{conversation}"));
    }

    /// Notes that a grant has read some messages of a member: in the log stand their conversations.
    pub async fn used_messages(&self, grant: Id, member: Id, posts: &[Id]) -> Result<(), HubError> {
        for conversation in self.conversations_among(member, posts).await?.values().collect::<HashSet<_>>() {
            self.used_conversation(grant, *conversation);
        }
        Ok(())
    }

    /// Writes what was counted. Part of housekeeping.
    pub async fn write_uses(&self) -> Result<(), HubError> {
        let counted = std::mem::take(&mut *self.uses().lock());
        let mut write = Write::default();
        for (grant, purposes) in counted {
            let last = purposes.values().map(|counted| counted.last_at).max();
            write.extend(last.map(|at| grants::touch(grant, at)));
            for (what, Counted { uses, last_at }) in purposes {
                let hour = Time(last_at.0 - last_at.0.rem_euclid(HOUR));
                write.push(grants::count_uses(grant, hour, &what, uses, last_at));
            }
        }
        self.store().write(write).await?;
        Ok(())
    }

    pub(super) async fn uses_of(&self, grant: Id) -> Result<Vec<GrantUse>, HubError> {
        self.write_uses().await?;
        let mut all = Vec::new();
        for mut row in self.store().rows(grants::uses(grant, MOST)).await? {
            let uses = u64::try_from(row.get::<i64>(2)?).unwrap_or(0);
            all.push(GrantUse { hour: row.get(0)?, what: row.get(1)?, uses, last_at: row.get(3)? });
        }
        Ok(all)
    }
}

/// Lines of the log that are shown.
const MOST: i64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_are_bounded() {
        let uses = Uses::default();
        for n in 0..1000 {
            uses.count(Id(1), &format!("signed an event of kind {n}"), Time(n));
            uses.count(Id(1), "read", Time(n));
        }
        let grants = uses.lock();
        let purposes = &grants[&Id(1)];
        assert!(purposes.len() <= PURPOSES + 1);
        assert_eq!(purposes["read"].uses, 1000);
        assert_eq!(purposes.values().map(|counted| counted.uses).sum::<i64>(), 2000);
    }
}
