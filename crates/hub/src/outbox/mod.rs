//! The outbox: rows are claimed, delivered, tried again with back-off for days, and their outcome recorded.
//!
//! A claim is a lease: whoever dies with it leaves the row to be due again. Hosts share limits: so many deliveries at
//! once, and none at all for a while when they fail again and again (the circuit breaker).

mod operate;
mod record;

pub use operate::{OutboxHost, OutboxLine, OutboxSummary};

use crate::{Delivery, Hub, HubError, Stop, publish::commit::payload_context, seal};
use landbridge_model::{Id, Network, Time};
use landbridge_store::entities::{
    deliveries::{self, DueRow},
    ints,
};
use std::{collections::HashMap, time::Duration};
use tokio::{task::JoinSet, time::sleep};

/// How long a claim holds. Longer than any one try may take.
const LEASE: Duration = Duration::from_secs(120);
/// Longest wait before looking again, should a bell be missed.
const LOOK: Duration = Duration::from_secs(30);
/// Given to deliveries under way when the server stops.
const GRACE: Duration = Duration::from_secs(10);
/// What could not be delivered for so long is given up.
const PATIENCE: Duration = Duration::from_secs(7 * 86_400);

/// What becomes of a delivery. The number is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i64)]
pub enum DeliveryState {
    Waiting = 0,
    Delivered = 1,
    Refused = 2,
    Gone = 3,
    Unknown = 4,
    GivenUp = 5,
    Dropped = 6,
}

impl DeliveryState {
    pub fn from_i64(n: i64) -> DeliveryState {
        use DeliveryState::*;
        [Waiting, Delivered, Refused, Gone, Unknown, GivenUp]
            .into_iter()
            .find(|s| *s as i64 == n)
            .unwrap_or(Dropped)
    }

    /// The word that members and operators read.
    pub fn word(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Refused => "refused",
            DeliveryState::Gone => "gone",
            DeliveryState::Unknown => "unknown",
            DeliveryState::GivenUp => "given up",
            DeliveryState::Dropped => "dropped",
        }
    }
}

impl Hub {
    /// Delivers what is due until `stop`; rows that were claimed and not finished are due again after the lease.
    pub async fn run_outbox(self, mut stop: Stop) {
        let mut out = Outbox { hub: self, running: JoinSet::new(), busy: HashMap::new() };
        let mut tidied = Time(0);
        while !*stop.borrow() {
            // Before looking, so that a bell rung while looking is heard.
            let hub = out.hub.clone();
            let bell = hub.outbox_bell().notified();
            if let Err(error) = out.start_due().await {
                tracing::warn!(%error, "the outbox could not be read");
                sleep(Duration::from_secs(1)).await;
            }
            if tidied.plus(Duration::from_secs(3600)) < Time::now() {
                tidied = Time::now();
                out.tidy(tidied).await;
            }
            let wait = out.wait().await;
            tokio::select! {
                () = bell => {}
                Some(done) = out.running.join_next(), if !out.running.is_empty() => out.done(done.ok()),
                () = sleep(wait) => {}
                _ = stop.changed() => {}
            }
        }
        let drain = async { while out.running.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, drain).await;
    }
}

type Host = (Network, String);

struct Outbox {
    hub: Hub,
    running: JoinSet<Host>,
    /// Deliveries under way, by host.
    busy: HashMap<Host, usize>,
}

impl Outbox {
    /// Claims and starts as much of what is due as the limits allow.
    async fn start_due(&mut self) -> Result<(), HubError> {
        let limits = &self.hub.config().limits;
        let (most, per_host) = (limits.deliveries, limits.deliveries_per_host);
        let room = most.saturating_sub(self.running.len());
        if room == 0 {
            return Ok(());
        }
        let now = Time::now();
        let window = i64::try_from(room.saturating_mul(4)).unwrap_or(i64::MAX);
        let mut chosen = Vec::new();
        let mut taken = self.busy.clone();
        for mut row in self.hub.store().rows(deliveries::due(now, window)).await? {
            let (id, network, host): (Id, Option<Network>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let Some(network) = network else { continue };
            let busy = taken.entry((network, host)).or_default();
            if *busy < per_host && chosen.len() < room {
                *busy += 1;
                chosen.push(id);
            }
        }
        if chosen.is_empty() {
            return Ok(());
        }
        let written = self.hub.store().write(deliveries::claim(ints(&chosen), now, now.plus(LEASE))).await;
        let mut claimed = Vec::new();
        for mut row in written.map_err(HubError::from)?.returned {
            claimed.push(row.get::<Id>(0)?);
        }
        for mut row in self.hub.store().rows(deliveries::load(ints(&claimed))).await? {
            self.start(DueRow::read(&mut row)?);
        }
        Ok(())
    }

    fn start(&mut self, row: DueRow) {
        let Some(network) = row.network else { return };
        let place = (network, row.host.clone());
        *self.busy.entry(place.clone()).or_default() += 1;
        let hub = self.hub.clone();
        self.running.spawn(async move {
            if let Err(error) = deliver(&hub, network, row).await {
                tracing::warn!(%error, "the outcome of a delivery could not be recorded; it is tried again");
            }
            place
        });
    }

    fn done(&mut self, host: Option<Host>) {
        match host {
            Some(host) => {
                if let Some(n) = self.busy.get_mut(&host) {
                    *n = n.saturating_sub(1);
                    if *n == 0 {
                        self.busy.remove(&host);
                    }
                }
            }
            // A task that panicked does not say which host it was for: count again from what is running.
            None => self.busy.clear(),
        }
    }

    /// Until the next row falls due.
    async fn wait(&self) -> Duration {
        let next = match self.hub.store().row(deliveries::next_due()).await {
            Ok(Some(mut row)) => row.get::<Option<Time>>(0).ok().flatten(),
            _ => None,
        };
        let Some(next) = next else { return LOOK };
        let ms = u64::try_from(next.0.saturating_sub(Time::now().0)).unwrap_or(0);
        // Rows that are due but wait for a free place are looked at again when one is freed.
        Duration::from_millis(ms.max(50)).min(LOOK)
    }

    async fn tidy(&self, now: Time) {
        let changes = vec![
            deliveries::give_up(now.minus(PATIENCE), now),
            landbridge_store::entities::payloads::sweep(now.minus(PATIENCE)),
        ];
        if let Err(error) = self.hub.store().write(changes).await {
            tracing::warn!(%error, "the outbox could not be tidied");
        }
    }
}

async fn deliver(hub: &Hub, network: Network, row: DueRow) -> Result<(), HubError> {
    let bytes = match row.sealed {
        false => row.bytes,
        true => match hub.member_key(row.actor).await {
            Ok(key) => seal::open(&key, &payload_context(row.payload), &row.bytes)?,
            Err(HubError::NotFound) => return hub.drop_delivery(row.id, "its author is gone").await,
            Err(other) => return Err(other),
        },
    };
    let delivery = Delivery {
        id: row.id,
        network,
        destination: row.destination,
        host: row.host,
        act: row.act,
        actor: row.actor,
        object: row.object,
        attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        bytes: bytes.into(),
    };
    let rule = hub.domain_rule(&delivery.host).await?;
    if rule == Some(crate::moderation::Rule::Block) {
        return hub.drop_delivery(delivery.id, "this server's operator has blocked that host").await;
    }
    let outcome = match hub.translator(network) {
        Ok(translator) => translator.clone().deliver(hub, &delivery).await,
        Err(_) => return hub.drop_delivery(delivery.id, "this network is switched off here").await,
    };
    metrics::counter!("landbridge_deliveries_total", "network" => network.key(), "outcome" => record::word(&outcome))
        .increment(1);
    hub.record(&delivery, row.created_at, outcome).await
}
