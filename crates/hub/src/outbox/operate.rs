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

    /// What has trouble, newest first.
    pub async fn outbox_troubles(&self, limit: u32) -> Result<Vec<OutboxLine>, HubError> {
        let mut lines = Vec::new();
        for mut row in self.store().rows(deliveries::troubled(i64::from(limit))).await? {
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

    /// Tries again at once what has trouble, for one host or (empty) for all.
    pub async fn outbox_retry(&self, host: &str) -> Result<(), HubError> {
        self.store().write(vec![hosts::reopen(host), deliveries::retry(host, Time::now())]).await?;
        self.outbox_bell().notify_one();
        Ok(())
    }

    /// Gives up what waits for a host.
    pub async fn outbox_drop(&self, host: &str) -> Result<(), HubError> {
        self.store().write(deliveries::drop_host(host, Time::now())).await?;
        Ok(())
    }
}
