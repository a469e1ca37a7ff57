//! Types of fields.

use super::StringFormat;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The type of a field, a list's items, a parameter or a definition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Schema {
    Boolean(BooleanSchema),
    Integer(IntegerSchema),
    String(StringSchema),
    Bytes(BytesSchema),
    CidLink {},
    Blob(BlobSchema),
    Array(ArraySchema),
    Object(ObjectSchema),
    Ref(RefSchema),
    Union(UnionSchema),
    /// A name that means something by itself.
    Token {},
    /// Any object.
    Unknown {},
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BooleanSchema {
    #[serde(rename = "const")]
    pub constant: Option<bool>,
    pub default: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntegerSchema {
    pub minimum: Option<i64>,
    pub maximum: Option<i64>,
    #[serde(rename = "enum")]
    pub options: Option<Vec<i64>>,
    #[serde(rename = "const")]
    pub constant: Option<i64>,
    pub default: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StringSchema {
    pub format: Option<StringFormat>,
    /// Bytes of UTF-8.
    pub min_length: Option<usize>,
    /// Bytes of UTF-8.
    pub max_length: Option<usize>,
    pub min_graphemes: Option<usize>,
    pub max_graphemes: Option<usize>,
    #[serde(rename = "enum")]
    pub options: Option<Vec<String>>,
    #[serde(rename = "const")]
    pub constant: Option<String>,
    pub default: Option<String>,
    /// Suggestions: others are allowed.
    #[serde(default)]
    pub known_values: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BytesSchema {
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BlobSchema {
    /// MIME types, `*/*`, or with a star behind the slash.
    pub accept: Option<Vec<String>>,
    /// Bytes.
    pub max_size: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArraySchema {
    pub items: Box<Schema>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectSchema {
    #[serde(default)]
    pub properties: BTreeMap<String, Schema>,
    #[serde(default)]
    pub required: Vec<String>,
    #[serde(default)]
    pub nullable: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RefSchema {
    /// `NSID#name`, `NSID`, or `#name` in the same document; made whole when the document is read.
    #[serde(rename = "ref")]
    pub to: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UnionSchema {
    /// As [`RefSchema::to`].
    pub refs: Vec<String>,
    /// Nothing but the refs.
    #[serde(default)]
    pub closed: bool,
}
