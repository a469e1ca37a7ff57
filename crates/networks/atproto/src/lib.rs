//! AT Protocol: members' own repositories, the server that holds them (a PDS), and a reader of everybody else's.
//!
//! Pure, without I/O, clock or database:
//! - [`syntax`]: handles, DIDs, NSIDs, AT-URIs, record keys, TIDs, datetimes, languages.
//! - [`crypto`]: keys of both curves, `did:key`, signatures.
//! - [`data`]: CIDs, DAG-CBOR, the JSON form, blobs, records.
//! - [`repo`]: the tree, commits, CAR files, staging of writes, verification.
//! - [`firehose`]: the event stream of repositories.
//! - [`lexicon`]: schemas, and records held to them.
//! - [`identity`]: DID documents, `did:web`, operations of `did:plc`.
//! - [`richtext`]: facets and the model's text; texts that are too long.
//!
//! The network:
//! - [`AtProto`]: the translator. What members do becomes records ([`stage`](mod@stage)), kept in their repositories
//!   ([`repository`]).
//! - [`directory`]: where DIDs are registered: the public one, or a trial's own.
//! - [`reader`]: other people's repositories, for members.
//! - `chat`: private messages, by a service beside the network.
//! - [`pds`]: what apps, relays and other servers ask of us, on an origin of its own.

mod chat;
pub mod crypto;
pub mod data;
pub mod directory;
mod dns;
mod facts;
pub mod firehose;
#[doc(hidden)]
pub mod fuzzing;
pub mod identity;
mod jwt;
mod keys;
mod labels;
pub mod lexicon;
mod lookup;
mod network;
mod oauth;
mod options;
pub mod pds;
mod people;
pub mod reader;
mod remote;
pub mod repo;
pub mod repository;
pub mod richtext;
mod stage;
pub mod syntax;
mod through;
mod translate;

pub use facts::Facts;
pub use network::AtProto;
pub use options::{Options, Service};
