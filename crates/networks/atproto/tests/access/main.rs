//! Who asks, from the outside: a PDS and the pages on loopback ports, and what apps, services and strangers do there.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, clippy::indexing_slicing)]

mod app;
mod hostile;
mod identities;
mod moving;
mod oauth;
mod operator;
mod own_host;
mod passwords;
mod permission_sets;
mod reads;
mod records;
mod services;
mod world;
