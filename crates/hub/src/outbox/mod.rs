//! The outbox: rows are claimed, delivered, tried again with back-off for days, and their outcome recorded.
//!
//! A claim is a lease: whoever dies with it leaves the row to be due again. Hosts share limits: so many deliveries at
//! once, and none at all for a while when they fail again and again (the circuit breaker).

mod operate;
mod record;

pub(crate) use record::finished;

pub use operate::{OutboxHost, OutboxLine, OutboxSummary};

use crate::{Delivery, Hub, HubError, Outcome, Stop, publish::commit::payload_context, seal};
use landbridge_model::{Id, Network, Time};
use landbridge_store::entities::{
    deliveries::{self, DueRow},
    ints,
};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};

/// How long a claim holds. Longer than any one try may take.
const LEASE: Duration = Duration::from_secs(120);
/// Longest wait before looking again: an operator's command, or another node, rings no bell here.
const LOOK: Duration = Duration::from_secs(10);
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
        let mut out = Outbox::new(self);
        let mut tidied = Time(0);
        let mut look = true;
        while !*stop.borrow() {
            // Before looking, so that a bell rung while looking is heard.
            let hub = out.hub.clone();
            let bell = hub.outbox_bell().notified();
            if let Err(error) = out.turn(look).await {
                tracing::warn!(%error, "the outbox could not be read");
                sleep(Duration::from_secs(1)).await;
            }
            if tidied.plus(Duration::from_secs(3600)) < Time::now() {
                tidied = Time::now();
                out.tidy(tidied).await;
            }
            let wait = out.wait();
            look = tokio::select! {
                () = bell => true,
                Some(done) = out.running.join_next(), if !out.running.is_empty() => {
                    out.done(done.ok());
                    while let Some(done) = out.running.try_join_next() {
                        out.done(done.ok());
                    }
                    // What is about the same thing may have waited for it.
                    out.due.is_empty()
                }
                () = sleep(wait) => true,
                _ = stop.changed() => false,
            };
        }
        let drain = async { while out.running.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, drain).await;
    }
}

type Host = (Network, String);

/// A delivery that came to its end, for now.
struct Done {
    host: Host,
    /// Nothing gets through to that host.
    down: bool,
}

struct Outbox {
    hub: Hub,
    running: JoinSet<Done>,
    /// Deliveries under way, by host.
    busy: HashMap<Host, usize>,
    /// What was due when it was last looked, and is not begun.
    due: VecDeque<(Id, Host)>,
    /// When something falls due that was not at that time.
    alarm: Time,
}

impl Outbox {
    fn new(hub: Hub) -> Outbox {
        let (running, busy, due) = (JoinSet::new(), HashMap::new(), VecDeque::new());
        Outbox { hub, running, busy, due, alarm: Time(0) }
    }

    async fn turn(&mut self, look: bool) -> Result<(), HubError> {
        let most = self.hub.config().limits.deliveries;
        let room = most.saturating_sub(self.running.len());
        if look && room > 0 {
            self.look(room).await?;
        }
        self.start(room).await
    }

    /// Asks what is due, and when the next thing will be.
    async fn look(&mut self, room: usize) -> Result<(), HubError> {
        let now = Time::now();
        let window = i64::try_from(room.saturating_mul(4)).unwrap_or(i64::MAX);
        let questions = vec![deliveries::due(now, window), deliveries::next_due(now)];
        let mut answers = self.hub.store().all(questions).await?.into_iter();
        self.due.clear();
        for mut row in answers.next().unwrap_or_default() {
            if let Some(network) = row.get::<Option<Network>>(1)? {
                self.due.push_back((row.get(0)?, (network, row.get(2)?)));
            }
        }
        let next = answers.next().and_then(|rows| rows.into_iter().next());
        let next = next.map(|mut row| row.get::<Option<Time>>(0)).transpose()?.flatten();
        self.alarm = next.unwrap_or(now.plus(LOOK));
        Ok(())
    }

    /// Claims and starts as much of what is due as the limits allow.
    async fn start(&mut self, room: usize) -> Result<(), HubError> {
        let per_host = self.hub.config().limits.deliveries_per_host;
        let mut taken = self.busy.clone();
        let mut chosen = Vec::new();
        self.due.retain(|(id, host)| {
            let busy = taken.entry(host.clone()).or_default();
            let take = *busy < per_host && chosen.len() < room;
            if take {
                *busy += 1;
                chosen.push(*id);
            }
            !take
        });
        if chosen.is_empty() {
            return Ok(());
        }
        let now = Time::now();
        let written = self.hub.store().write(deliveries::claim(ints(&chosen), now, now.plus(LEASE))).await;
        let mut claimed = Vec::new();
        for mut row in written.map_err(HubError::from)?.returned {
            claimed.push(row.get::<Id>(0)?);
        }
        for mut row in self.hub.store().rows(deliveries::load(ints(&claimed))).await? {
            self.run(DueRow::read(&mut row)?);
        }
        Ok(())
    }

    fn run(&mut self, row: DueRow) {
        let Some(network) = row.network else { return };
        let host = (network, row.host.clone());
        *self.busy.entry(host.clone()).or_default() += 1;
        let hub = self.hub.clone();
        self.running.spawn(async move {
            let down = deliver(&hub, network, row).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the outcome of a delivery could not be recorded; it is tried again");
                false
            });
            Done { host, down }
        });
    }

    fn done(&mut self, done: Option<Done>) {
        match done {
            Some(Done { host, down }) => {
                if let Some(n) = self.busy.get_mut(&host) {
                    *n = n.saturating_sub(1);
                    if *n == 0 {
                        self.busy.remove(&host);
                    }
                }
                if down {
                    // Whether it is still to be tried, the next look says.
                    self.due.retain(|(_, waiting)| *waiting != host);
                }
            }
            // A task that panicked does not say which host it was for: count again from what is running.
            None => self.busy.clear(),
        }
    }

    /// Until something falls due. Rows that are due but wait for a free place are begun when one is freed.
    fn wait(&self) -> Duration {
        let ms = u64::try_from(self.alarm.0.saturating_sub(Time::now().0)).unwrap_or(0);
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

/// Tries once and records the outcome; tells whether the host is down.
async fn deliver(hub: &Hub, network: Network, row: DueRow) -> Result<bool, HubError> {
    let bytes = match row.sealed {
        false => row.bytes,
        true => match hub.member_key(row.actor).await {
            Ok(key) => seal::open(&key, &payload_context(row.payload), &row.bytes)?,
            Err(HubError::NotFound) => {
                return hub.drop_delivery(row.id, "its author is gone").await.map(|()| false);
            }
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
        let why = "this server's operator has blocked that host";
        return hub.drop_delivery(delivery.id, why).await.map(|()| false);
    }
    let outcome = match hub.translator(network) {
        Ok(translator) => translator.clone().deliver(hub, &delivery).await,
        Err(_) => {
            let why = "this network is switched off here";
            return hub.drop_delivery(delivery.id, why).await.map(|()| false);
        }
    };
    metrics::counter!("landbridge_deliveries_total", "network" => network.key(), "outcome" => record::word(&outcome))
        .increment(1);
    let down = matches!(outcome, Outcome::Retry { host_down: true, .. });
    hub.record(&delivery, row.created_at, row.failures, outcome).await?;
    Ok(down)
}
