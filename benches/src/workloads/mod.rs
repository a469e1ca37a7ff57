//! One file a workload.

pub mod fanout;
pub mod firehose_in;
pub mod firehose_out;
pub mod idle;
pub mod inbox;
pub mod nostr_ingest;
pub mod nostr_query;
pub mod pds_export;
pub mod pds_write;
pub mod start;
pub mod timeline;
pub mod wave;
