//! Whole values.

use super::{CborError, Kind, Reader, Writer};
use crate::data::{Map, Value};

/// Lists and maps inside each other, at most.
pub const MAX_DEPTH: usize = 64;

/// The one value that the bytes are.
pub fn decode(bytes: &[u8]) -> Result<Value, CborError> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader, MAX_DEPTH)?;
    reader.end()?;
    Ok(value)
}

/// The value at the start of the bytes, and what follows it.
pub fn decode_prefix(bytes: &[u8]) -> Result<(Value, &[u8]), CborError> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader, MAX_DEPTH)?;
    Ok((value, reader.rest()))
}

/// The bytes of a value.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut writer = Writer::with_capacity(256);
    write(value, &mut writer);
    writer.into_bytes()
}

fn read(reader: &mut Reader<'_>, depth: usize) -> Result<Value, CborError> {
    Ok(match reader.kind()? {
        Kind::Null => reader.null().map(|()| Value::Null)?,
        Kind::Bool => Value::Bool(reader.boolean()?),
        Kind::Int => Value::Int(reader.int()?),
        Kind::Bytes => Value::Bytes(reader.bytes()?.into()),
        Kind::Text => Value::Text(reader.text()?.into()),
        Kind::Link => Value::Link(reader.link()?),
        Kind::List => {
            let inner = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
            let len = reader.list()?;
            // The length is only a claim: memory is taken as items come.
            let mut list = Vec::with_capacity(len.min(64));
            for _ in 0..len {
                list.push(read(reader, inner)?);
            }
            Value::List(list)
        }
        Kind::Map => {
            let inner = depth.checked_sub(1).ok_or(CborError::TooDeep)?;
            let mut keys = reader.map()?;
            let mut entries = Vec::with_capacity(keys.left().min(64));
            while let Some(key) = keys.next(reader)? {
                entries.push((key.to_owned(), read(reader, inner)?));
            }
            Value::Map(Map::of_sorted(entries))
        }
    })
}

fn write(value: &Value, out: &mut Writer) {
    match value {
        Value::Null => out.null(),
        Value::Bool(b) => out.boolean(*b),
        Value::Int(n) => out.int(*n),
        Value::Text(text) => out.text(text),
        Value::Bytes(bytes) => out.bytes(bytes),
        Value::Link(cid) => out.link(cid),
        Value::List(list) => {
            out.list(list.len());
            for item in list {
                write(item, out);
            }
            out
        }
        Value::Map(map) => {
            out.map(map.len());
            for (key, item) in map.iter() {
                out.text(key);
                write(item, out);
            }
            out
        }
    };
}
