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
use moka::{future, sync};
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
    documents: future::Cache<Did, Arc<DidDocument>>,
    handles: future::Cache<Handle, Did>,
    missing: sync::Cache<Did, ()>,
    /// Handles that led nowhere.
    lost: sync::Cache<Handle, ()>,
    suspected: sync::Cache<Did, ()>,
    /// Everybody elsewhere who is known here: what they did can be taken back.
    known: RwLock<HashSet<Box<str>>>,
    /// Tells of who is new among them.
    pub newcomers: broadcast::Sender<Arc<str>>,
}

impl Default for People {
    fn default() -> People {
        People {
            documents: future::Cache::builder().max_capacity(20_000).time_to_live(DOCUMENTS).build(),
            handles: future::Cache::builder().max_capacity(20_000).time_to_live(HANDLES).build(),
            missing: sync::Cache::builder().max_capacity(20_000).time_to_live(MISSING).build(),
            lost: sync::Cache::builder().max_capacity(20_000).time_to_live(MISSING).build(),
            suspected: sync::Cache::builder().max_capacity(20_000).time_to_live(SUSPECTED).build(),
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
    pub async fn forget_handle(&self, handle: &Handle) {
        self.handles.invalidate(handle).await;
        self.lost.invalidate(handle);
    }

    /// Asks again the next time.
    pub async fn forget(&self, native_id: &str) {
        if let Ok(did) = Did::parse(native_id) {
            self.missing.invalidate(&did);
            if let Some(document) = self.documents.remove(&did).await
                && let Some(handle) = document.handle()
            {
                self.forget_handle(&handle).await;
            }
        }
    }
}
