//! Who is who: members' identities, and other people's.
//!
//! A DID's document says which key signs its repository, which server holds it, and which handle it claims; the handle
//! counts only when it leads back to the DID ([`Identity`]).

mod documents;
mod handles;
mod identity;
mod join;
mod members;
mod migrate;
mod renewal;

pub use identity::Identity;
pub use join::{OWN_HOST, join};
pub use migrate::Moving;

use crate::{
    identity::DidDocument,
    syntax::{Did, Handle},
};
use landbridge_cache::Cache;
use std::{
    collections::HashSet,
    sync::{Arc, RwLock},
    time::Duration,
};
use tokio::sync::broadcast;

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(60 * n)
}

/// How long a document is believed without asking again. Changes are heard of by `#identity`, and a key that has changed
/// shows by the first signature that does not fit.
const DOCUMENTS: Duration = minutes(60);
/// The same for a handle's DID.
const HANDLES: Duration = minutes(60);
/// How long nobody asks again for what was not there.
const MISSING: Duration = minutes(2);
/// Newcomers that may wait for being asked about.
const NEWCOMERS: usize = 256;
/// How soon a document may be asked for again because a signature does not fit: who forges must not make us ask.
const SUSPECTED: Duration = minutes(1);

/// What was found out about people lately.
pub struct People {
    documents: Cache<Did, Result<Arc<DidDocument>, Option<String>>>,
    handles: Cache<Handle, Result<Did, ()>>,
    missing: Cache<Did, ()>,
    /// Handles that led nowhere.
    lost: Cache<Handle, ()>,
    suspected: Cache<Did, ()>,
    /// Everybody elsewhere who is known here: what they did can be taken back.
    known: RwLock<HashSet<Box<str>>>,
    /// Tells of who is new among them.
    pub newcomers: broadcast::Sender<Arc<str>>,
}

impl Default for People {
    fn default() -> People {
        People {
            documents: Cache::living(20_000, DOCUMENTS),
            handles: Cache::living(20_000, HANDLES),
            missing: Cache::living(20_000, MISSING),
            lost: Cache::living(20_000, MISSING),
            suspected: Cache::living(20_000, SUSPECTED),
            known: RwLock::default(),
            newcomers: broadcast::Sender::new(NEWCOMERS),
        }
    }
}

impl People {
    pub fn is_known(&self, did: &str) -> bool {
        self.known.read().unwrap_or_else(|poisoned| poisoned.into_inner()).contains(did)
    }

    /// Somebody of whom something is here now.
    pub fn note_known(&self, did: &str) {
        if !self.is_known(did) {
            self.known.write().unwrap_or_else(|poisoned| poisoned.into_inner()).insert(did.into());
            let _ = self.newcomers.send(did.into());
        }
    }

    /// Asks again the next time where a handle leads.
    pub fn forget_handle(&self, handle: &Handle) {
        self.handles.remove(handle);
        self.lost.remove(handle);
    }

    /// Asks again the next time.
    pub fn forget(&self, native_id: &str) {
        if let Ok(did) = Did::parse(native_id) {
            self.missing.remove(&did);
            if let Some(Ok(document)) = self.documents.remove(&did)
                && let Some(handle) = document.handle()
            {
                self.forget_handle(&handle);
            }
        }
    }
}
