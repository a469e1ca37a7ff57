//! The outbox as the operator sees it.

use super::DeliveryState;
use crate::{Hub, HubError};
use landbridge_model::{Id, Network, Time};
use landbridge_store::entities::{deliveries, hosts};

/// How many deliveries are in a state.
#[derive(Clone, Debug)]
pub struct OutboxSummary {
    pub state: DeliveryState,
    pub count: u64,
    pub oldest: Time,
}

/// A delivery that waits after a failure, or failed for good.
#[derive(Clone, Debug)]
pub struct OutboxLine {
    pub id: Id,
    pub network: Option<Network>,
    pub destination: String,
    pub act: String,
    pub state: DeliveryState,
    pub attempts: u32,
    pub next_at: Time,
    pub answer: Option<String>,
}

/// A host with which there is trouble.
#[derive(Clone, Debug)]
pub struct OutboxHost {
    pub network: Option<Network>,
    pub host: String,
    /// Deliveries that wait after a failure.
    pub waiting: u64,
    /// Deliveries that failed for good.
    pub failed: u64,
    /// Left alone until then, after many failures in a row.
    pub closed_until: Option<Time>,
}

impl Hub {
    pub async fn outbox_summary(&self) -> Result<Vec<OutboxSummary>, HubError> {
        let mut all = Vec::new();
        for mut row in self.store().rows(deliveries::summary()).await? {
            let count: i64 = row.get(1)?;
            let state = DeliveryState::from_i64(row.get(0)?);
            all.push(OutboxSummary { state, count: u64::try_from(count).unwrap_or(0), oldest: row.get(2)? });
        }
        Ok(all)
    }

    /// The hosts with trouble, those with most of it first.
    pub async fn outbox_hosts(&self, limit: u32) -> Result<Vec<OutboxHost>, HubError> {
        let mut all = Vec::new();
        for mut row in self.store().rows(deliveries::troubled_hosts(i64::from(limit))).await? {
            let count = |n: i64| u64::try_from(n).unwrap_or(0);
            let closed: Time = row.get(4)?;
            all.push(OutboxHost {
                network: row.get(0)?,
                host: row.get(1)?,
                waiting: count(row.get(2)?),
                failed: count(row.get(3)?),
                closed_until: (closed > Time::now()).then_some(closed),
            });
        }
        Ok(all)
    }

    /// What has trouble, of one host or (empty) of all, newest first.
    pub async fn outbox_troubles(&self, host: &str, limit: u32) -> Result<Vec<OutboxLine>, HubError> {
        let mut lines = Vec::new();
        for mut row in self.store().rows(deliveries::troubled(host, i64::from(limit))).await? {
            lines.push(OutboxLine {
                id: row.get(0)?,
                network: row.get(1)?,
                destination: row.get(2)?,
                act: row.get(3)?,
                state: DeliveryState::from_i64(row.get(4)?),
                attempts: u32::try_from(row.get::<i64>(5)?).unwrap_or(0),
                next_at: row.get(6)?,
                answer: row.get(7)?,
            });
        }
        Ok(lines)
    }

    /// Tries again at once what has trouble, for one host or (empty) for all. Gives how many deliveries it is.
    pub async fn outbox_retry(&self, host: &str) -> Result<usize, HubError> {
        let changes = vec![deliveries::retry(host, Time::now()), hosts::reopen(host)];
        let written = self.store().write(changes).await?;
        self.outbox_bell().notify_one();
        Ok(written.returned.len())
    }

    /// Gives up what waits for a host. Gives how many deliveries it was.
    pub async fn outbox_drop(&self, host: &str) -> Result<usize, HubError> {
        let written = self.store().write(deliveries::drop_host(host, Time::now())).await?;
        Ok(written.returned.len())
    }
}
