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
use landbridge_model::Id;
use remote::{FetchedActor, SignerKey};
use signature::Dialect;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Requests of ours under way at once, beside deliveries.
const MAX_FETCHES: usize = 64;

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
    signers: moka::sync::Cache<Option<Id>, Arc<Signer>>,
    /// By key id.
    keys: moka::future::Cache<String, Arc<SignerKey>>,
    /// Keys that were fetched again lately.
    refreshed: moka::sync::Cache<String, ()>,
    actors: moka::future::Cache<String, Arc<FetchedActor>>,
    /// Actors that could not be had lately.
    misses: moka::sync::Cache<String, ()>,
    /// Hosts whose addresses have the host of their ids.
    unsplit: moka::sync::Cache<String, ()>,
    /// How to sign for a host, where it is not the usual way.
    dialects: moka::sync::Cache<String, Dialect>,
    /// Of members' followers; for deliveries of the same moment.
    follower_digests: moka::sync::Cache<Id, followers::Digests>,
    /// Whose followers here were compared lately.
    compared: moka::sync::Cache<String, ()>,
    fetches: Semaphore,
}

impl ActivityPub {
    pub fn new(options: Options) -> Arc<ActivityPub> {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        fn short<V: Clone + Send + Sync + 'static>(
            size: u64,
            life: Duration,
        ) -> moka::sync::Cache<String, V> {
            moka::sync::Cache::builder().max_capacity(size).time_to_live(life).build()
        }
        Arc::new_cyclic(|this| ActivityPub {
            this: this.clone(),
            options,
            signers: moka::sync::Cache::builder().max_capacity(1_000).time_to_live(minutes(60)).build(),
            keys: moka::future::Cache::builder().max_capacity(20_000).time_to_live(minutes(24 * 60)).build(),
            refreshed: short(10_000, minutes(5)),
            actors: moka::future::Cache::builder().max_capacity(2_000).time_to_live(minutes(5)).build(),
            misses: short(10_000, Duration::from_secs(30)),
            unsplit: short(10_000, minutes(24 * 60)),
            dialects: short(10_000, minutes(7 * 24 * 60)),
            follower_digests: moka::sync::Cache::builder()
                .max_capacity(1_000)
                .time_to_live(Duration::from_secs(5))
                .build(),
            compared: short(10_000, minutes(1)),
            fetches: Semaphore::new(MAX_FETCHES),
        })
    }
}
