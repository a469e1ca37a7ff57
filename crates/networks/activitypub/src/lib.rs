//! ActivityPub: one translator between the network's wire forms and the model.
//!
//! In: [`signature`] says who sent it, [`vocab`] and [`translate`] read it, `inbound` decides what of it is true, and
//! the hub takes it. Out: `stage` renders with [`render`] what members do, `deliver` sends the stored bytes.

// Whatever the network says must not end a request, and still less the process.
#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::unreachable)]
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod followers;
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
mod identity;
mod inbound;
mod outbound;
mod remote;
pub mod render;
pub mod signature;
pub mod text;
pub mod translate;
mod translator;
pub mod urls;
pub mod vocab;

use identity::Signer;
use landbridge_cache::Cache;
use landbridge_model::Id;
use remote::{FetchedActor, KeyError, Missing, SignerKey};
use signature::Dialect;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Requests of ours under way at once, beside deliveries.
const MAX_FETCHES: usize = 64;
/// Activities that were passed on and wait to be read once more.
const MAX_AGAIN: usize = 64;

/// What the operator decides about this network.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Show objects only to requests that are signed by somebody who is not blocked.
    pub authorized_fetch: bool,
}

/// The translator. One per process; what it remembers can be forgotten at any time.
pub struct ActivityPub {
    /// Itself, for work in the background.
    this: Weak<ActivityPub>,
    options: Options,
    /// By member; `None`: the server's own actor.
    signers: Cache<Option<Id>, Arc<Signer>>,
    /// By key id.
    keys: Cache<String, Result<Arc<SignerKey>, KeyError>>,
    /// Keys that were fetched again lately.
    refreshed: Cache<String, ()>,
    actors: Cache<String, Result<Arc<FetchedActor>, Missing>>,
    /// Actors that could not be had lately.
    misses: Cache<String, ()>,
    /// Hosts whose addresses have the host of their ids.
    unsplit: Cache<String, ()>,
    /// How to sign for a host, where it is not the usual way.
    dialects: Cache<String, Dialect>,
    /// Of members' followers; for deliveries of the same moment.
    follower_digests: Cache<Id, followers::Digests>,
    /// Whose followers here were compared lately.
    compared: Cache<String, ()>,
    fetches: Semaphore,
    /// What others passed on and is read once more, in turn.
    again: Arc<Semaphore>,
}

impl ActivityPub {
    pub fn new(options: Options) -> Arc<ActivityPub> {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        Arc::new_cyclic(|this| ActivityPub {
            this: this.clone(),
            options,
            signers: Cache::living(1_000, minutes(60)),
            keys: Cache::living(20_000, minutes(24 * 60)),
            refreshed: Cache::living(10_000, minutes(5)),
            actors: Cache::living(2_000, minutes(5)),
            misses: Cache::living(10_000, Duration::from_secs(30)),
            unsplit: Cache::living(10_000, minutes(24 * 60)),
            dialects: Cache::living(10_000, minutes(7 * 24 * 60)),
            follower_digests: Cache::living(1_000, Duration::from_secs(5)),
            compared: Cache::living(10_000, minutes(1)),
            fetches: Semaphore::new(MAX_FETCHES),
            again: Arc::new(Semaphore::new(MAX_AGAIN)),
        })
    }
}
