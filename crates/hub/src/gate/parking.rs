//! Contacts that exceed their budgets: held, and admitted one by one as budgets fill.
//!
//! A round goes over the origins that have somebody waiting, again and again, and admits one of each until no budget has
//! anything left: a deficit round robin with one contact as its unit. Who was admitted arrives again, and the member's own
//! rules decide, as they would have.

use super::{
    Scope,
    budget::{Origin, Standing},
    waves::PATIENCE,
};
use crate::{Hub, HubError};
use landbridge_model::{Id, Time};
use landbridge_store::entities::parked::{self, Parked};
use std::collections::{BTreeSet, VecDeque};

/// Origins of one round (the next one goes on behind them), contacts of each, and all that are admitted.
const ORIGINS: i64 = 100;
const EACH: i64 = 200;
const ALL: usize = 500;

struct Queue {
    origin: Origin,
    standing: Standing,
    waiting: VecDeque<Parked>,
}

impl Hub {
    /// Lets simulations pass time: for budgets and waves, so much more has gone by.
    pub fn pass_time(&self, time: std::time::Duration) {
        self.budgets().pass(time);
    }

    /// Entries that budgets hold in memory.
    pub fn budget_entries(&self) -> u64 {
        self.budgets().entries()
    }

    /// Admits whose turn it is; how many. Housekeeping does it every minute.
    pub async fn admit_parked(&self) -> Result<usize, HubError> {
        self.learn_waves().await?;
        self.decline_leftovers().await?;
        let mut queues = self.queues().await?;
        let (mut admitted, mut members) = (0, BTreeSet::new());
        loop {
            let before = admitted;
            for queue in &mut queues {
                if admitted >= ALL {
                    break;
                }
                if let Some(member) = self.admit_next(queue).await? {
                    admitted += 1;
                    members.insert(member);
                }
            }
            if admitted == before {
                break;
            }
        }
        for member in members {
            self.release(member).await?;
        }
        metrics::counter!("hub_admitted_total").increment(admitted as u64);
        Ok(admitted)
    }

    /// The first of a queue for whom there is anything left; whoever is passed over keeps their place.
    async fn admit_next(&self, queue: &mut Queue) -> Result<Option<Id>, HubError> {
        while let Some(next) = queue.waiting.pop_front() {
            let scope = Scope::from_key(&next.scope).unwrap_or(Scope::Private);
            if !self.budgets().take(next.member, next.stranger, scope, &queue.origin, queue.standing) {
                continue;
            }
            match self.store().write(parked::admit(next.id, Time::now())).await.map_err(HubError::from) {
                Ok(_) => {
                    self.budgets().admitted((next.member, next.stranger, scope));
                    return Ok(Some(next.member));
                }
                // Let in, blocked, or taken back meanwhile.
                Err(HubError::Conflict(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(None)
    }

    async fn queues(&self) -> Result<Vec<Queue>, HubError> {
        let after = self.budgets().place_in_round();
        let rows = self.store().rows(parked::by_origin(&after, ORIGINS)).await?;
        let patience = self.budgets().now().minus(PATIENCE);
        let mut queues = Vec::with_capacity(rows.len());
        for mut row in rows {
            let (origin, count): (String, i64) = (row.get(0)?, row.get(1)?);
            let origin = Origin::stored(&origin);
            self.budgets().parked.insert(origin.clone(), count);
            let mut waiting = VecDeque::new();
            for mut row in self.store().rows(parked::next(origin.key(), patience, EACH)).await? {
                waiting.push_back(Parked::read(&mut row)?);
            }
            let standing = self.standing_of(&origin).await?;
            queues.push(Queue { origin, standing, waiting });
        }
        let full = i64::try_from(queues.len()).unwrap_or(0) == ORIGINS;
        let last = queues.last().filter(|_| full).map(|queue| queue.origin.key().to_owned());
        self.budgets().set_place_in_round(last.unwrap_or_default());
        Ok(queues)
    }
}
