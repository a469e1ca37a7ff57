//! The data model (<https://atproto.com/specs/data-model>): DAG-CBOR as it is hashed and signed, JSON as it is shown.
//!
//! - [`Cid`]: the name of some bytes.
//! - [`Value`], [`Map`]: any data, between the two forms.
//! - [`cbor`]: the strict codec, with a reader that copies nothing.
//! - [`Record`]: a record as its author wrote it, byte for byte.
//! - [`BlobRef`]: a file named in a record.

mod blob;
pub mod cbor;
mod cid;
mod json;
mod record;
mod rules;
mod value;

pub use blob::BlobRef;
pub use cbor::CborError;
pub use cid::{Cid, CidError, DAG_CBOR, RAW};
pub use json::JsonError;
pub use record::{MAX_RECORD, Record, RecordError};
pub use rules::RuleError;
pub use value::{Map, Value};
