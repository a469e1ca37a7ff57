//! Documents from JSON.

use super::{
    document::{Body, Def, ErrorName, Lexicon, Permission, RecordKeyKind},
    schema::{ObjectSchema, Schema},
};
use crate::syntax::{Nsid, RecordKey};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Longest document, in bytes.
const MAX_DOCUMENT: usize = 1 << 20;

/// Types inside each other, at most.
const MAX_DEPTH: usize = 32;

/// JSON that is no lexicon.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LexiconError {
    #[error("more than {MAX_DOCUMENT} bytes")]
    TooLong,
    #[error("not a lexicon: {0}")]
    Shape(String),
    #[error("not of version 1")]
    Version,
    #[error("the id is no NSID")]
    Id,
    #[error("the definition {0} is bad: {1}")]
    Def(String, String),
}

#[derive(Deserialize)]
struct Document {
    lexicon: Json,
    id: Json,
    defs: BTreeMap<String, Json>,
}

impl Lexicon {
    /// Reads a document.
    pub fn parse(json: &[u8]) -> Result<Lexicon, LexiconError> {
        if json.len() > MAX_DOCUMENT {
            return Err(LexiconError::TooLong);
        }
        let json = serde_json::from_slice(json).map_err(|e| LexiconError::Shape(e.to_string()))?;
        Lexicon::from_json(json)
    }

    /// The same from JSON that was read before, such as the value of a `com.atproto.lexicon.schema` record.
    pub fn from_json(json: Json) -> Result<Lexicon, LexiconError> {
        let document: Document =
            serde_json::from_value(json).map_err(|e| LexiconError::Shape(e.to_string()))?;
        if document.lexicon != 1 {
            return Err(LexiconError::Version);
        }
        let id = document.id.as_str().and_then(|id| Nsid::parse(id).ok()).ok_or(LexiconError::Id)?;
        let mut defs = BTreeMap::new();
        for (name, json) in document.defs {
            match def(&id, &name, json) {
                Ok(def) => drop(defs.insert(name, def)),
                Err(why) => return Err(LexiconError::Def(name, why)),
            }
        }
        Ok(Lexicon { id, defs })
    }
}

#[derive(Deserialize)]
struct Record {
    key: String,
    record: Schema,
}

#[derive(Deserialize)]
struct Method {
    parameters: Option<Params>,
    input: Option<Body>,
    output: Option<Body>,
    message: Option<Message>,
    #[serde(default)]
    errors: Vec<ErrorName>,
}

#[derive(Deserialize)]
struct Params {
    #[serde(rename = "type")]
    kind: String,
    #[serde(flatten)]
    object: ObjectSchema,
}

#[derive(Deserialize)]
struct Message {
    schema: Option<Schema>,
}

#[derive(Deserialize)]
struct Permissions {
    title: Option<String>,
    detail: Option<String>,
    permissions: Vec<Permission>,
}

fn def(id: &Nsid, name: &str, json: Json) -> Result<Def, String> {
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err("the name is not letters and digits".into());
    }
    let kind = json.get("type").and_then(Json::as_str).unwrap_or_default().to_owned();
    let primary =
        matches!(kind.as_str(), "record" | "query" | "procedure" | "subscription" | "permission-set");
    if primary && name != "main" {
        return Err(format!("a {kind} must be main"));
    }
    let mut def = match kind.as_str() {
        "record" => record(read(json)?)?,
        "query" | "procedure" | "subscription" => method(&kind, read(json)?)?,
        "permission-set" => {
            let set: Permissions = read(json)?;
            Def::PermissionSet { title: set.title, detail: set.detail, permissions: set.permissions }
        }
        "ref" | "union" | "unknown" => return Err(format!("a {kind} is for fields only")),
        _ => Def::Type(read(json)?),
    };
    def.schemas(&mut |schema| complete(schema, id, MAX_DEPTH))?;
    Ok(def)
}

fn read<T: DeserializeOwned>(json: Json) -> Result<T, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn record(record: Record) -> Result<Def, String> {
    let key = match record.key.as_str() {
        "tid" => RecordKeyKind::Tid,
        "nsid" => RecordKeyKind::Nsid,
        "any" => RecordKeyKind::Any,
        other => {
            let literal = other.strip_prefix("literal:").filter(|literal| RecordKey::parse(literal).is_ok());
            RecordKeyKind::Literal(literal.ok_or("the key is of no known kind")?.to_owned())
        }
    };
    match record.record {
        Schema::Object(object) => Ok(Def::Record(key, object)),
        _ => Err("a record is an object".into()),
    }
}

fn method(kind: &str, method: Method) -> Result<Def, String> {
    let parameters = method.parameters.map(params).transpose()?.unwrap_or_default();
    let errors = method.errors;
    Ok(match kind {
        "query" => Def::Query { parameters, output: method.output, errors },
        "procedure" => Def::Procedure { parameters, input: method.input, output: method.output, errors },
        _ => Def::Subscription { parameters, message: method.message.and_then(|m| m.schema), errors },
    })
}

/// Parameters come as text in a URL: only simple types and lists of them.
fn params(params: Params) -> Result<ObjectSchema, String> {
    let simple = |schema: &Schema| {
        matches!(schema, Schema::Boolean(_) | Schema::Integer(_) | Schema::String(_) | Schema::Unknown {})
    };
    let fits = |schema: &Schema| match schema {
        Schema::Array(array) => simple(&array.items),
        other => simple(other),
    };
    if params.kind != "params" || !params.object.properties.values().all(fits) {
        return Err("parameters are params of simple types".into());
    }
    Ok(params.object)
}

impl Def {
    /// Calls `see` with each schema of it.
    fn schemas(&mut self, see: &mut impl FnMut(&mut Schema) -> Result<(), String>) -> Result<(), String> {
        let object = |object: &mut ObjectSchema, see: &mut dyn FnMut(&mut Schema) -> Result<(), String>| {
            check_object(object)?;
            object.properties.values_mut().try_for_each(see)
        };
        let body = |body: &mut Option<Body>, see: &mut dyn FnMut(&mut Schema) -> Result<(), String>| {
            body.iter_mut().filter_map(|body| body.schema.as_mut()).try_for_each(see)
        };
        match self {
            Def::Record(_, fields) => object(fields, see),
            Def::Query { parameters, output, .. } => {
                object(parameters, see)?;
                body(output, see)
            }
            Def::Procedure { parameters, input, output, .. } => {
                object(parameters, see)?;
                body(input, see)?;
                body(output, see)
            }
            Def::Subscription { parameters, message, .. } => {
                object(parameters, see)?;
                message.iter_mut().try_for_each(see)
            }
            Def::PermissionSet { .. } => Ok(()),
            Def::Type(schema) => see(schema),
        }
    }
}

fn check_object(object: &ObjectSchema) -> Result<(), String> {
    let missing = |name: &&String| !object.properties.contains_key(*name);
    match object.required.iter().chain(&object.nullable).find(missing) {
        Some(name) => Err(format!("{name} is required or nullable, but no property")),
        None => Ok(()),
    }
}

/// Makes refs whole and checks that limits can be kept.
fn complete(schema: &mut Schema, id: &Nsid, depth: usize) -> Result<(), String> {
    let inner = depth.checked_sub(1).ok_or("types nested too deeply")?;
    let span = |least: Option<usize>, most: Option<usize>| match (least, most) {
        (Some(least), Some(most)) if least > most => Err("a minimum above its maximum".to_owned()),
        _ => Ok(()),
    };
    match schema {
        Schema::Ref(to) => full_ref(&mut to.to, id),
        Schema::Union(union) => union.refs.iter_mut().try_for_each(|to| full_ref(to, id)),
        Schema::Array(array) => {
            span(array.min_length, array.max_length)?;
            complete(&mut array.items, id, inner)
        }
        Schema::Object(object) => {
            check_object(object)?;
            object.properties.values_mut().try_for_each(|schema| complete(schema, id, inner))
        }
        Schema::String(string) => {
            span(string.min_length, string.max_length)?;
            span(string.min_graphemes, string.max_graphemes)
        }
        Schema::Bytes(bytes) => span(bytes.min_length, bytes.max_length),
        _ => Ok(()),
    }
}

fn full_ref(to: &mut String, id: &Nsid) -> Result<(), String> {
    let (nsid, name) = to.split_once('#').unwrap_or((to, "main"));
    let whole = match nsid {
        "" => format!("{id}#{name}"),
        nsid => format!("{}#{name}", Nsid::parse(nsid).map_err(|_| format!("{to} is no ref"))?),
    };
    if name.is_empty() {
        return Err(format!("{to} is no ref"));
    }
    *to = whole;
    Ok(())
}
