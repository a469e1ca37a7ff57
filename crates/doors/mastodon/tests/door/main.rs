//! Through the front door: a real server on loopback, a real database, both engines.

mod accounts;
mod notifications;
mod oauth;
mod shapes;
mod statuses;
mod streaming;
mod support;
mod timelines;
