//! Data held to a schema.

use super::{
    catalog::Catalog,
    document::Def,
    schema::{
        ArraySchema, BlobSchema, BooleanSchema, BytesSchema, IntegerSchema, ObjectSchema, Schema,
        StringSchema, UnionSchema,
    },
};
use crate::data::{BlobRef, Map, Value};
use std::fmt;
use unicode_segmentation::UnicodeSegmentation;

/// Refs to refs, at most.
const MAX_REFS: usize = 32;

/// Where data is not as its lexicon says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct Invalid {
    /// Names of fields and numbers of items, such as `embed/images/0/alt`.
    pub path: String,
    pub why: &'static str,
}

impl Invalid {
    pub(super) fn new(path: &str, why: &'static str) -> Invalid {
        Invalid { path: path.to_owned(), why }
    }
}

/// A place in the data, written out only when something is wrong there.
pub(super) struct Path<'a> {
    outer: Option<&'a Path<'a>>,
    step: Step<'a>,
}

enum Step<'a> {
    Top,
    Field(&'a str),
    Item(usize),
}

impl<'a> Path<'a> {
    pub fn top() -> Path<'static> {
        Path { outer: None, step: Step::Top }
    }

    fn field(&'a self, name: &'a str) -> Path<'a> {
        Path { outer: Some(self), step: Step::Field(name) }
    }

    fn item(&'a self, at: usize) -> Path<'a> {
        Path { outer: Some(self), step: Step::Item(at) }
    }

    fn no<T>(&self, why: &'static str) -> Result<T, Invalid> {
        Err(Invalid { path: self.to_string(), why })
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer
            && outer.outer.is_some()
        {
            write!(f, "{outer}/")?;
        }
        match self.step {
            Step::Top => f.write_str("/"),
            Step::Field(name) => f.write_str(name),
            Step::Item(at) => write!(f, "{at}"),
        }
    }
}

pub(super) fn check_object(
    catalog: &Catalog,
    schema: &ObjectSchema,
    fields: &Map,
    path: &Path<'_>,
) -> Result<(), Invalid> {
    if let Some(name) = schema.required.iter().find(|name| fields.get(name).is_none()) {
        return path.field(name).no("missing");
    }
    for (name, property) in &schema.properties {
        let Some(value) = fields.get(name) else { continue };
        if *value == Value::Null && schema.nullable.contains(name) {
            continue;
        }
        check(catalog, property, value, &path.field(name), MAX_REFS)?;
    }
    Ok(())
}

/// `refs`: how many may still be followed before there is data again.
fn check(
    catalog: &Catalog,
    schema: &Schema,
    value: &Value,
    path: &Path<'_>,
    refs: usize,
) -> Result<(), Invalid> {
    match (schema, value) {
        (Schema::Boolean(schema), Value::Bool(b)) => check_boolean(schema, *b, path),
        (Schema::Boolean(_), _) => path.no("not a boolean"),
        (Schema::Integer(schema), Value::Int(n)) => check_integer(schema, *n, path),
        (Schema::Integer(_), _) => path.no("not an integer"),
        (Schema::String(schema), Value::Text(text)) => check_string(schema, text, path),
        (Schema::String(_), _) => path.no("not a string"),
        (Schema::Bytes(schema), Value::Bytes(bytes)) => check_bytes(schema, bytes, path),
        (Schema::Bytes(_), _) => path.no("not bytes"),
        (Schema::CidLink {}, Value::Link(_)) => Ok(()),
        (Schema::CidLink {}, _) => path.no("not a link"),
        (Schema::Blob(schema), Value::Map(map)) => check_blob(schema, map, path),
        (Schema::Blob(_), _) => path.no("not a blob"),
        (Schema::Array(schema), Value::List(list)) => check_array(catalog, schema, list, path),
        (Schema::Array(_), _) => path.no("not a list"),
        (Schema::Object(schema), Value::Map(map)) => check_object(catalog, schema, map, path),
        (Schema::Object(_), _) => path.no("not an object"),
        (Schema::Ref(to), value) => check_ref(catalog, &to.to, value, path, refs),
        (Schema::Union(schema), Value::Map(map)) => check_union(catalog, schema, map, value, path, refs),
        (Schema::Union(_), _) => path.no("not an object"),
        // The value of a token is its own name, as a string; there is no field of this type.
        (Schema::Token {}, _) => path.no("a token is no type of a field"),
        (Schema::Unknown {}, Value::Map(map)) if map.text("$type") != Some("blob") => Ok(()),
        (Schema::Unknown {}, _) => path.no("not an object"),
    }
}

fn check_boolean(schema: &BooleanSchema, b: bool, path: &Path<'_>) -> Result<(), Invalid> {
    if schema.constant.is_some_and(|constant| constant != b) { path.no("not the one value") } else { Ok(()) }
}

fn check_integer(schema: &IntegerSchema, n: i64, path: &Path<'_>) -> Result<(), Invalid> {
    if schema.constant.is_some_and(|constant| constant != n) {
        return path.no("not the one value");
    }
    if schema.options.as_ref().is_some_and(|options| !options.contains(&n)) {
        return path.no("not one of the values");
    }
    if schema.minimum.is_some_and(|least| n < least) {
        return path.no("too small");
    }
    if schema.maximum.is_some_and(|most| n > most) {
        return path.no("too great");
    }
    Ok(())
}

fn check_string(schema: &StringSchema, text: &str, path: &Path<'_>) -> Result<(), Invalid> {
    if schema.constant.as_ref().is_some_and(|constant| constant != text) {
        return path.no("not the one value");
    }
    if schema.options.as_ref().is_some_and(|options| !options.iter().any(|option| option == text)) {
        return path.no("not one of the values");
    }
    check_span(schema.min_length, schema.max_length, text.len(), path)?;
    if schema.min_graphemes.is_some() || schema.max_graphemes.is_some() {
        // A grapheme is a byte at least: short texts need no counting.
        let short =
            schema.min_graphemes.is_none() && schema.max_graphemes.is_some_and(|most| text.len() <= most);
        if !short {
            check_span(schema.min_graphemes, schema.max_graphemes, text.graphemes(true).count(), path)?;
        }
    }
    if schema.format.is_some_and(|format| !format.fits(text)) {
        return path.no("not of the format");
    }
    Ok(())
}

fn check_bytes(schema: &BytesSchema, bytes: &[u8], path: &Path<'_>) -> Result<(), Invalid> {
    check_span(schema.min_length, schema.max_length, bytes.len(), path)
}

fn check_span(least: Option<usize>, most: Option<usize>, len: usize, path: &Path<'_>) -> Result<(), Invalid> {
    if least.is_some_and(|least| len < least) {
        return path.no("too short");
    }
    if most.is_some_and(|most| len > most) {
        return path.no("too long");
    }
    Ok(())
}

fn check_blob(schema: &BlobSchema, map: &Map, path: &Path<'_>) -> Result<(), Invalid> {
    let Some(blob) = BlobRef::from_map(map) else { return path.no("not a blob") };
    if schema.max_size.is_some_and(|most| blob.size > most) {
        return path.no("too large a file");
    }
    let fits = |accept: &String| {
        accept == "*/*"
            || *accept == blob.mime_type
            || accept.strip_suffix('*').is_some_and(|start| blob.mime_type.starts_with(start))
    };
    if schema.accept.as_ref().is_some_and(|accept| !accept.iter().any(fits)) {
        return path.no("not of a MIME type that is taken");
    }
    Ok(())
}

fn check_array(
    catalog: &Catalog,
    schema: &ArraySchema,
    list: &[Value],
    path: &Path<'_>,
) -> Result<(), Invalid> {
    check_span(schema.min_length, schema.max_length, list.len(), path)?;
    list.iter()
        .enumerate()
        .try_for_each(|(at, item)| check(catalog, &schema.items, item, &path.item(at), MAX_REFS))
}

fn check_ref(
    catalog: &Catalog,
    to: &str,
    value: &Value,
    path: &Path<'_>,
    refs: usize,
) -> Result<(), Invalid> {
    let Some(refs) = refs.checked_sub(1) else { return path.no("refs without end") };
    match (catalog.def(to), value) {
        (Some(Def::Type(Schema::Token {})), Value::Text(text)) if same_ref(text, to) => Ok(()),
        (Some(Def::Type(Schema::Token {})), _) => path.no("not the name of the token"),
        (Some(Def::Type(schema)), value) => check(catalog, schema, value, path, refs),
        (Some(Def::Record(_, object)), Value::Map(map)) => check_object(catalog, object, map, path),
        (Some(_), _) => path.no("refers to what is no type of data"),
        (None, _) => path.no("refers to a lexicon that is not known"),
    }
}

fn check_union(
    catalog: &Catalog,
    schema: &UnionSchema,
    map: &Map,
    value: &Value,
    path: &Path<'_>,
    refs: usize,
) -> Result<(), Invalid> {
    let Some(kind) = map.text("$type").filter(|kind| !kind.is_empty()) else {
        return path.no("no $type to tell which");
    };
    match schema.refs.iter().find(|to| same_ref(kind, to)) {
        Some(to) => check_ref(catalog, to, value, path, refs),
        None if schema.closed => path.no("none of the types allowed"),
        None => Ok(()),
    }
}

/// Whether a name means the same as a whole ref: `#main` may be left out.
fn same_ref(name: &str, whole: &str) -> bool {
    name == whole || whole.strip_suffix("#main") == Some(name)
}
