//! Nostr: an embedded relay, and the translator between events and the model.

pub mod event;
pub mod wire;
pub mod relay;
pub mod nips;
pub mod pool;
pub mod translate;
