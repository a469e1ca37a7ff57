//! Through the front door: a real server on loopback, a real database, both engines.
#![allow(clippy::disallowed_methods, reason = "the tests play apps and browsers on loopback")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod accounts;
mod client;
mod contacts;
mod conversations;
mod decisions;
mod landbridge;
mod media;
mod notifications;
mod oauth;
mod push;
mod security;
mod shapes;
mod statuses;
mod streaming;
mod support;
mod timelines;
