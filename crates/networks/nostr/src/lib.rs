//! Nostr: an embedded relay, and the translator between events and the model.
//!
//! - [`event`], [`wire`], [`nips`], [`translate`]: the protocol, pure.
//! - [`relay`]: the relay at `/relay` that our members' apps and strangers' apps use.
//! - [`pool`]: other relays, as a client.
//! - [`Nostr`]: the translator. What members do becomes events ([`stage`](mod@stage)); what arrives, by our relay or by
//!   the reader's subscriptions elsewhere, becomes posts ([`inbound`], [`reader`]).
//! - [`signer`]: signing for members (NIP-46), on either side.

// Whatever the network says must not end a request, and still less the process.
#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::unreachable)]
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod deliver;
pub mod event;
mod facts;
#[doc(hidden)]
pub mod fuzzing;
mod inbound;
mod keys;
mod lookup;
mod names;
mod network;
pub mod nips;
pub mod pool;
mod posting;
mod private;
mod reader;
pub mod relay;
mod routes;
mod settings;
pub mod signer;
mod stage;
pub mod translate;
pub mod wire;

pub use facts::Facts;
pub use keys::{export_ncryptsec, export_nsec};
pub use network::{Nostr, Options};
