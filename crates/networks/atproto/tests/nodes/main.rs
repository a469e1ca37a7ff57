//! The network on a hub, on both engines: what members do ends in repositories that others can verify.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, clippy::indexing_slicing)]

mod acts;
mod repository;
mod world;
