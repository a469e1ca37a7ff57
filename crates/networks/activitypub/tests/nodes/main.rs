//! Whole nodes that meet over loopback, by real requests with real signatures.

#![allow(clippy::unwrap_used, clippy::panic)]

mod crossing;
mod documents;
mod followers;
mod groups;
mod hostile;
mod looking_up;
mod moving;
mod quotes;
mod scene;
mod support;
