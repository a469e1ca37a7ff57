//! Records (<https://atproto.com/specs/repository#record-path-and-block-structure>).

use super::{
    CborError, Cid, Map, Value,
    cbor::{self, Kind, MAX_DEPTH, Reader},
};
use crate::syntax::Nsid;
use bytes::Bytes;

/// Longest record, in bytes of DAG-CBOR: longer ones are refused by relays.
pub const MAX_RECORD: usize = 1_000_000;

/// A record: the bytes as its author signed them, and what they say. Unknown fields are in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    bytes: Bytes,
    cid: Cid,
    fields: Map,
}

/// Bytes or data that are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("a record of more than {MAX_RECORD} bytes")]
    TooLong,
    #[error(transparent)]
    Cbor(#[from] CborError),
    #[error("a record is a map")]
    NotAMap,
    #[error("$type is missing, or no NSID")]
    Type,
}

impl Record {
    /// Reads a record and keeps its bytes.
    pub fn decode(bytes: impl Into<Bytes>) -> Result<Record, RecordError> {
        let bytes = bytes.into();
        if bytes.len() > MAX_RECORD {
            return Err(RecordError::TooLong);
        }
        let Value::Map(fields) = cbor::decode(&bytes)? else { return Err(RecordError::NotAMap) };
        Record::checked(bytes, fields)
    }

    /// Checks the bytes as [`Record::decode`] does, without reading them into fields.
    pub fn check(bytes: &[u8]) -> Result<(), RecordError> {
        if bytes.len() > MAX_RECORD {
            return Err(RecordError::TooLong);
        }
        let mut reader = Reader::new(bytes);
        if reader.kind()? != Kind::Map {
            return Err(RecordError::NotAMap);
        }
        let mut keys = reader.map()?;
        let mut named = false;
        while let Some(key) = keys.next(&mut reader)? {
            match key {
                "$type" => named = reader.text().is_ok_and(|name| Nsid::parse(name).is_ok()),
                _ => reader.skip_within(MAX_DEPTH - 1)?,
            }
        }
        reader.end()?;
        if named { Ok(()) } else { Err(RecordError::Type) }
    }

    /// Makes a record.
    pub fn encode(fields: Map) -> Result<Record, RecordError> {
        let value = Value::Map(fields);
        let bytes = Bytes::from(cbor::encode(&value));
        if bytes.len() > MAX_RECORD {
            return Err(RecordError::TooLong);
        }
        let Value::Map(fields) = value else { return Err(RecordError::NotAMap) };
        Record::checked(bytes, fields)
    }

    fn checked(bytes: Bytes, fields: Map) -> Result<Record, RecordError> {
        if fields.text("$type").is_none_or(|name| Nsid::parse(name).is_err()) {
            return Err(RecordError::Type);
        }
        Ok(Record { cid: Cid::of_dag_cbor(&bytes), bytes, fields })
    }

    /// The bytes as they were read or made.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub fn cid(&self) -> Cid {
        self.cid
    }

    pub fn fields(&self) -> &Map {
        &self.fields
    }

    /// `$type`: the collection that it belongs to.
    pub fn kind(&self) -> &str {
        self.fields.text("$type").unwrap_or_default()
    }
}
