//! AT Protocol, the pure part: no I/O, no clock of its own, no database.
//!
//! - [`syntax`]: handles, DIDs, NSIDs, AT-URIs, record keys, TIDs, datetimes, languages.
//! - [`crypto`]: keys of both curves, `did:key`, signatures.
//! - [`data`]: CIDs, DAG-CBOR, the JSON form, blobs, records.
//! - [`repo`]: the tree, commits, CAR files, staging of writes, verification.
//! - [`firehose`]: the event stream of repositories.
//! - [`lexicon`]: schemas, and records held to them.
//! - [`identity`]: DID documents, `did:web`, operations of `did:plc`.
//! - [`richtext`]: facets and the model's text; texts that are too long.

pub mod crypto;
pub mod data;
pub mod firehose;
pub mod identity;
pub mod lexicon;
pub mod repo;
pub mod richtext;
pub mod syntax;
