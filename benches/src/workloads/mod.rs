//! One file a workload.

pub mod fanout;
pub mod idle;
pub mod inbox;
pub mod nostr_ingest;
pub mod nostr_query;
pub mod start;
pub mod timeline;
