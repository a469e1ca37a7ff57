//! Through the front door: a real server on loopback, a real database, both engines.

mod accounts;
mod client;
mod landbridge;
mod media;
mod notifications;
mod oauth;
mod security;
mod shapes;
mod statuses;
mod streaming;
mod support;
mod timelines;
