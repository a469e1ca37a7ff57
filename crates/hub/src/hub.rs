//! The hub itself: what all its parts share.

use crate::{
    Bus, Config, HubError, Translator,
    accounts::{Key, Throttle, Uses},
    cards,
    gate::Budgets,
    reading, receive,
    seal::Sealer,
};
use landbridge_cache::Cache;
use landbridge_fetch::Fetcher;
use landbridge_media::MediaStore;
use landbridge_model::{Id, IdSource, Network};
use landbridge_store::{ErasureJournal, Store};
use std::{
    sync::{Arc, OnceLock, atomic::AtomicBool},
    time::Duration,
};
use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

/// The hub. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

pub(crate) struct Shared {
    config: Config,
    store: Store,
    fetcher: Fetcher,
    media: MediaStore,
    sealer: Sealer,
    ids: IdSource,
    bus: Bus,
    reading: reading::State,
    cards: cards::State,
    receiving: receive::State,
    erasures: OnceLock<ErasureJournal>,
    translators: OnceLock<Vec<Arc<dyn Translator>>>,
    /// Wakes the outbox when rows were added.
    outbox: Notify,
    keys: Cache<(Id, Option<Network>, String), Key>,
    /// Held while a key of the server is made.
    making_key: Mutex<()>,
    uses: Uses,
    /// Something was deleted that the disk may still hold: see [`Hub::scrub_removed`].
    removed: AtomicBool,
    sign_ins: Throttle,
    budgets: Budgets,
    /// One for some of the members each: see [`Hub::turn`].
    turns: Vec<Arc<Mutex<()>>>,
}

/// Members whose acts never wait for each other, by chance.
const TURNS: usize = 256;

impl Hub {
    /// A hub on a store. `root_key`: 32 bytes from outside the database.
    pub fn new(
        config: Config,
        store: Store,
        fetcher: Fetcher,
        media: MediaStore,
        root_key: &[u8; 32],
    ) -> Hub {
        let sealer = Sealer::new(root_key);
        let budgets = Budgets::new(&sealer.keyed_hash("sketches of first contacts"));
        Hub(Arc::new(Shared {
            config,
            store,
            fetcher,
            media,
            sealer,
            budgets,
            ids: IdSource::default(),
            bus: Bus::default(),
            reading: reading::State::default(),
            cards: cards::State::default(),
            receiving: receive::State::default(),
            erasures: OnceLock::new(),
            translators: OnceLock::new(),
            outbox: Notify::new(),
            keys: Cache::idling(10_000, Duration::from_secs(3600)),
            making_key: Mutex::default(),
            uses: Uses::default(),
            removed: AtomicBool::new(false),
            sign_ins: Throttle::default(),
            turns: (0..TURNS).map(|_| Arc::default()).collect(),
        }))
    }

    /// Says which networks there are. Once, before anything else is called; later calls change nothing.
    pub fn attach(&self, translators: Vec<Arc<dyn Translator>>) {
        let _ = self.0.translators.set(translators);
    }

    /// Says where erasures are noted, outside the database and its backups. Once, at the start; without it only the
    /// database knows of them.
    pub fn note_erasures_in(&self, journal: ErasureJournal) {
        let _ = self.0.erasures.set(journal);
    }
    pub(crate) fn erasure_journal(&self) -> Option<&ErasureJournal> {
        self.0.erasures.get()
    }
    pub(crate) fn receiving(&self) -> &receive::State {
        &self.0.receiving
    }

    pub fn config(&self) -> &Config {
        &self.0.config
    }
    pub fn store(&self) -> &Store {
        &self.0.store
    }
    /// The guarded way out.
    pub fn fetcher(&self) -> &Fetcher {
        &self.0.fetcher
    }
    pub fn media(&self) -> &MediaStore {
        &self.0.media
    }
    pub fn ids(&self) -> &IdSource {
        &self.0.ids
    }
    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }
    pub(crate) fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }
    pub(crate) fn removed(&self) -> &AtomicBool {
        &self.0.removed
    }
    pub(crate) fn uses(&self) -> &Uses {
        &self.0.uses
    }
    pub(crate) fn key_cache(&self) -> &Cache<(Id, Option<Network>, String), Key> {
        &self.0.keys
    }
    pub(crate) fn making_key(&self) -> &Mutex<()> {
        &self.0.making_key
    }
    pub(crate) fn budgets(&self) -> &Budgets {
        &self.0.budgets
    }
    pub(crate) fn sign_ins(&self) -> &Throttle {
        &self.0.sign_ins
    }
    /// Wakes the outbox: a network has queued deliveries by itself.
    pub fn ring_outbox(&self) {
        self.0.outbox.notify_one();
    }
    /// Held while something is made and written that builds on what the member's act before it left behind. It only spares
    /// work: what holds is the precondition of the write ([`landbridge_store::STALE`]).
    pub async fn turn(&self, member: Id) -> Option<OwnedMutexGuard<()>> {
        let place = (member.0 ^ member.0 >> 16) as usize % TURNS;
        Some(self.0.turns.get(place)?.clone().lock_owned().await)
    }
    pub(crate) fn outbox_bell(&self) -> &Notify {
        &self.0.outbox
    }

    pub(crate) fn reading(&self) -> &reading::State {
        &self.0.reading
    }

    pub(crate) fn cards(&self) -> &cards::State {
        &self.0.cards
    }

    pub fn translators(&self) -> &[Arc<dyn Translator>] {
        self.0.translators.get().map_or(&[], Vec::as_slice)
    }
    pub fn translator(&self, network: Network) -> Result<&Arc<dyn Translator>, HubError> {
        let found = self.translators().iter().find(|t| t.network() == network);
        found.ok_or(HubError::Forbidden("this network is switched off here"))
    }
}
