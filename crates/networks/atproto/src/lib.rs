//! AT Protocol, the pure part: no I/O, no clock of its own, no database.
//!
//! - [`syntax`]: handles, DIDs, NSIDs, AT-URIs, record keys, TIDs, datetimes, languages.
//! - [`crypto`]: keys of both curves, `did:key`, signatures.
//! - [`data`]: CIDs, DAG-CBOR, the JSON form, blobs, records.

pub mod crypto;
pub mod data;
pub mod syntax;
