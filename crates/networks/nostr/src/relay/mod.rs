//! The embedded relay at `/relay` (NIP-01, 09, 11, 17, 40, 42, 45, 59, 62, 70).
//!
//! Members write freely; strangers only what addresses a member or answers something held here. A connection
//! (`ws`) parses frames (`session`) and hands events to one line (`ingest`), which verifies and stores them in
//! batches; what was committed goes to the `live` subscriptions, and to the hub by the crate's `inbound`. Only what came
//! in through here or was published by a member is served: what readers fetched elsewhere is in other tables.

mod apps;
mod gate;
mod guests;
mod info;
mod ingest;
mod limits;
mod listener;
mod live;
mod members;
mod policy;
mod query;
mod session;
pub(crate) mod ws;

pub use guests::Ear;
pub use limits::Rates;
pub use members::Members;
pub(crate) use policy::asks_us_to_vanish;
pub use session::SessionLimits;

use crate::{
    event::{Event, Hex32, Limits, kind},
    wire::FrameLimits,
};
use guests::Guests;
use ingest::Submission;
use landbridge_hub::{Hub, HubError};
use landbridge_store::{StoreError, WriteError, entities::nostr_events};
use live::Live;
use std::{
    collections::HashMap,
    sync::{Arc, Weak, atomic::AtomicUsize},
};
use tokio::sync::{Notify, Semaphore, mpsc};

/// What the relay allows. The defaults fit a machine with one core.
#[derive(Clone, Copy, Debug)]
pub struct RelayLimits {
    pub connections: usize,
    /// Bytes of one message.
    pub message: usize,
    pub frame: FrameLimits,
    pub event: Limits,
    pub session: SessionLimits,
    pub rates: Rates,
    /// Events per request that names no limit, and at most.
    pub default_limit: u32,
    pub max_limit: u32,
    /// Seconds that `created_at` may lie ahead.
    pub ahead: i64,
}

impl Default for RelayLimits {
    fn default() -> Self {
        RelayLimits {
            connections: 10_000,
            message: 256 * 1024,
            frame: FrameLimits::default(),
            event: Limits::default(),
            session: SessionLimits::default(),
            rates: Rates::default(),
            default_limit: 500,
            max_limit: 1_000,
            ahead: 15 * 60,
        }
    }
}

/// Bytes of events that may wait to be checked and stored; whoever sends more waits.
const INGEST_ROOM: usize = 32 << 20;

/// Events that may wait for the gate; what comes then is not shown live, only when it is asked for.
const ADDRESSED: usize = 2048;

/// Requests answered at once, on all connections.
const ANSWERS: usize = 128;

/// The relay. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Relay(Arc<Shared>);

pub(crate) struct Shared {
    hub: Hub,
    /// `wss://host/relay`: its identity.
    url: String,
    limits: RelayLimits,
    members: Members,
    live: Live,
    /// Whose requests to our signer have a bucket of their own.
    apps: apps::Apps,
    rates: limits::Buckets,
    ingest: mpsc::Sender<Submission>,
    /// Bytes of events that may stand in the line.
    ingest_room: Arc<Semaphore>,
    /// Requests being answered at once: each answer is in memory until it is read.
    answers: Semaphore,
    connections: AtomicUsize,
    /// The key of this server: NIP-11's `self`, and the signer that apps talk to.
    own_key: Hex32,
    guests: Guests,
    /// Rings when events wait for the hub.
    pending: Arc<Notify>,
    /// Requests for our signer (NIP-46).
    signer: mpsc::Sender<Event>,
    /// What strangers have addressed to members, with the turn in which it was stored (none: it is not): shown when the gate
    /// was asked.
    addressed: mpsc::Sender<(Event, Option<i64>)>,
    /// Whom strangers reach.
    decided: gate::Decided,
}

impl Relay {
    /// Starts the ingest line on the current runtime. `signer` gets the events of kind 24133 for `own_key`.
    pub fn start(hub: Hub, own_key: Hex32, limits: RelayLimits, signer: mpsc::Sender<Event>) -> Relay {
        let (ingest, line) = mpsc::channel(4096);
        let (addressed, gated) = mpsc::channel(ADDRESSED);
        let url = url_of(hub.config());
        let relay = Relay(Arc::new(Shared {
            members: Members::new(hub.store().clone()),
            apps: apps::Apps::new(hub.store().clone()),
            hub,
            url,
            limits,
            live: Live::default(),
            rates: limits::Buckets::new(limits.rates),
            ingest,
            ingest_room: Arc::new(Semaphore::new(INGEST_ROOM)),
            answers: Semaphore::new(ANSWERS),
            connections: AtomicUsize::new(0),
            own_key,
            guests: Guests::default(),
            pending: Arc::new(Notify::new()),
            signer,
            addressed,
            decided: gate::Decided::default(),
        }));
        tokio::spawn(show_gated(Arc::downgrade(&relay.0), gated));
        tokio::spawn(ingest::run(Arc::downgrade(&relay.0), line));
        relay
    }

    /// `wss://host/relay`.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    pub fn members(&self) -> &Members {
        &self.0.members
    }

    /// Rings when events wait for the hub.
    pub fn pending(&self) -> &Notify {
        &self.0.pending
    }

    /// The hub has heard of stored events. Gift wraps among them, by their numbers, are shown from now on, unless what is in
    /// them waits at the gate.
    pub async fn heard(&self, seqs: &[i64], mut wraps: HashMap<i64, Event>) -> Result<(), HubError> {
        let opened: Vec<i64> = wraps.keys().copied().collect();
        let mut changes = Vec::new();
        if !opened.is_empty() {
            changes.extend([nostr_events::take_turn(), nostr_events::opened(&opened)]);
        }
        changes.push(nostr_events::heard(seqs));
        for mut row in self.0.hub.store().write(changes).await?.returned {
            let (seq, turn, held): (i64, i64, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if let Some(wrap) = wraps.remove(&seq).filter(|_| !held) {
                self.0.live.publish(&wrap, Some(turn));
            }
        }
        Ok(())
    }

    /// Shows a stored event to live subscriptions. One that is not there any more is not shown, but for what asks to
    /// forget: of somebody who leaves, nothing else is left here.
    pub async fn show(&self, event: &Event) -> Result<(), StoreError> {
        let row = self.0.hub.store().row(nostr_events::turn_of(&event.id.to_string())).await?;
        match row.map(|mut row| row.get(0)).transpose()? {
            Some(turn) => self.0.show_live(event.clone(), Some(turn)),
            None if matches!(event.kind, kind::DELETION | kind::VANISH) => self.0.live.publish(event, None),
            None => {}
        }
        Ok(())
    }

    /// Shows an ephemeral event of our own making.
    pub fn pass_on(&self, event: &Event) {
        self.0.live.publish(event, None);
    }

    /// Stored events that match, as anybody may read them.
    pub async fn stored(&self, filters: &[crate::wire::Filter]) -> Result<Vec<String>, StoreError> {
        Ok(self.0.stored(filters, &[]).await?.events)
    }

    /// Stores events of our own making as they are, and shows them.
    pub async fn store_own(&self, events: &[Event]) -> Result<(), WriteError> {
        let mut changes = Vec::new();
        for event in events {
            changes.extend(ingest::store_changes(&self.0.hub, event, 0, &self.0.url));
        }
        self.0.hub.store().write(changes).await?;
        for event in events {
            self.show(event).await?;
        }
        Ok(())
    }

    /// The routes: `/relay`.
    pub fn router(&self) -> axum::Router {
        ws::router(self.clone())
    }
}

/// Shows what strangers have addressed to members, in order.
async fn show_gated(relay: Weak<Shared>, mut line: mpsc::Receiver<(Event, Option<i64>)>) {
    while let Some((event, turn)) = line.recv().await {
        let Some(relay) = relay.upgrade() else { return };
        if let Err(error) = relay.publish_gated(&event, turn).await {
            tracing::warn!(%error, "an event is not shown live: the gate could not be asked");
        }
    }
}

/// The URL of our relay, from the configured origin.
pub fn url_of(config: &landbridge_hub::Config) -> String {
    let url = config.url("/relay");
    match url.split_once("://") {
        Some(("https", rest)) => format!("wss://{rest}"),
        Some((_, rest)) => format!("ws://{rest}"),
        None => url,
    }
}

pub(crate) use ingest::store_changes;
