//! Data as JSON and back (<https://atproto.com/specs/data-model#json-representation>): links are `{"$link": ...}`, bytes
//! are `{"$bytes": ...}`, everything else is itself.

use super::{Cid, Map, RuleError, Value, cbor::MAX_DEPTH};
use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value as Json;

/// Written without padding; read with or without, whatever the unused bits are, as the other implementations do.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// JSON that is not data of the data model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("not a JSON object")]
    NotAnObject,
    #[error("not JSON")]
    Syntax,
    #[error("a number that is not a whole one of 64 bits with sign")]
    Number,
    #[error("$link is not alone, or not a CID")]
    Link,
    #[error("$bytes is not alone, or not base64")]
    Bytes,
    #[error("nested too deeply")]
    TooDeep,
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl Value {
    /// From JSON. Numbers such as `1.0` count as whole. The rules about `$type` and blobs are not checked here, see
    /// [`Value::check`].
    pub fn from_json(json: &Json) -> Result<Value, JsonError> {
        read(json, MAX_DEPTH)
    }

    /// As JSON.
    pub fn to_json(&self) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(n) => Json::from(*n),
            Value::Text(text) => Json::String(text.clone()),
            Value::Bytes(bytes) => serde_json::json!({ "$bytes": BASE64.encode(bytes) }),
            Value::Link(cid) => serde_json::json!({ "$link": cid.to_string() }),
            Value::List(list) => Json::Array(list.iter().map(Value::to_json).collect()),
            Value::Map(map) => Json::Object(map.iter().map(|(k, v)| (k.to_owned(), v.to_json())).collect()),
        }
    }
}

impl Map {
    /// A whole record or request body from JSON, with the rules of the data model checked.
    pub fn from_json(json: &Json) -> Result<Map, JsonError> {
        let value = Value::from_json(json)?;
        value.check()?;
        match value {
            Value::Map(map) => Ok(map),
            _ => Err(JsonError::NotAnObject),
        }
    }

    /// The same from bytes.
    pub fn from_json_slice(bytes: &[u8]) -> Result<Map, JsonError> {
        Map::from_json(&serde_json::from_slice(bytes).map_err(|_| JsonError::Syntax)?)
    }
}

fn read(json: &Json, depth: usize) -> Result<Value, JsonError> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(number) => Value::Int(integer(number)?),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(list) => {
            let inner = depth.checked_sub(1).ok_or(JsonError::TooDeep)?;
            Value::List(list.iter().map(|item| read(item, inner)).collect::<Result<_, _>>()?)
        }
        Json::Object(object) => {
            let inner = depth.checked_sub(1).ok_or(JsonError::TooDeep)?;
            if let Some(link) = object.get("$link") {
                let alone = link.as_str().filter(|_| object.len() == 1).ok_or(JsonError::Link)?;
                return Cid::parse(alone).map(Value::Link).map_err(|_| JsonError::Link);
            }
            if let Some(bytes) = object.get("$bytes") {
                let alone = bytes.as_str().filter(|_| object.len() == 1).ok_or(JsonError::Bytes)?;
                return BASE64.decode(alone).map(Value::Bytes).map_err(|_| JsonError::Bytes);
            }
            let entry = |(key, item): (&String, &Json)| Ok((key.clone(), read(item, inner)?));
            Value::Map(object.iter().map(entry).collect::<Result<_, JsonError>>()?)
        }
    })
}

fn integer(number: &serde_json::Number) -> Result<i64, JsonError> {
    if let Some(n) = number.as_i64() {
        return Ok(n);
    }
    let float = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() <= MAX_WHOLE_FLOAT);
    float.map(|f| f as i64).ok_or(JsonError::Number)
}

/// Up to 2^53 every whole number is a float of its own.
const MAX_WHOLE_FLOAT: f64 = 9_007_199_254_740_992.0;
