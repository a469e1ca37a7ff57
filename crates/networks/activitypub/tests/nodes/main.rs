//! Whole nodes that meet over loopback, by real requests with real signatures.

#![allow(clippy::unwrap_used, clippy::panic)]

mod crossing;
mod documents;
mod hostile;
mod looking_up;
mod support;
