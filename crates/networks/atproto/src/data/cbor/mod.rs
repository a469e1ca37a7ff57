//! DAG-CBOR, strictly (<https://ipld.io/specs/codecs/dag-cbor/spec/>, and the data model's "no floats").
//!
//! There is one encoding of each value, and only that one is read: shortest heads, definite lengths, text keys in
//! order (shorter first, then by bytes), no tag but 42, no simple value but false, true and null. So what was read and
//! is written again has the same bytes, and a signature cannot be made to cover two readings.
//!
//! Written here and not taken from a library, because those on offer read more than the one form, and build a tree
//! before anything can be looked at; they serve as the oracle in the tests.

mod decode;
mod reader;
mod writer;

pub use decode::{MAX_DEPTH, decode, decode_prefix, encode};
pub use reader::{Keys, Kind, Reader};
pub use writer::Writer;

use std::cmp::Ordering;

/// Bytes that are not the DAG-CBOR expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    #[error("ends too early")]
    End,
    #[error("bytes after the end")]
    Trailing,
    #[error("not the one canonical form: {0}")]
    NotCanonical(&'static str),
    #[error("not part of the data model: {0}")]
    Unsupported(&'static str),
    #[error("text that is not UTF-8")]
    Utf8,
    #[error("an integer outside 64 bits with sign")]
    IntegerRange,
    #[error("a link that is not a CID of version 1 with SHA-256")]
    Cid,
    #[error("nested too deeply")]
    TooDeep,
    #[error("not {0}")]
    Not(&'static str),
    #[error("the field {0} is missing")]
    Missing(&'static str),
}

/// The order of keys in a map.
pub fn key_order(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}
