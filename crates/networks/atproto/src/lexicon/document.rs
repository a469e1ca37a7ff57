//! A lexicon document: the definitions of one NSID.

use super::schema::{ObjectSchema, Schema};
use crate::syntax::Nsid;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A document that was read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lexicon {
    pub id: Nsid,
    /// By name; `main` is the one that the NSID alone means.
    pub defs: BTreeMap<String, Def>,
}

/// A definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Def {
    /// A kind of record: what its keys are, and its fields.
    Record(RecordKeyKind, ObjectSchema),
    /// A method called with GET.
    Query { parameters: ObjectSchema, output: Option<Body>, errors: Vec<ErrorName> },
    /// A method called with POST.
    Procedure { parameters: ObjectSchema, input: Option<Body>, output: Option<Body>, errors: Vec<ErrorName> },
    /// An event stream.
    Subscription { parameters: ObjectSchema, message: Option<Schema>, errors: Vec<ErrorName> },
    /// What an app may ask for at once.
    PermissionSet { title: Option<String>, detail: Option<String>, permissions: Vec<Permission> },
    /// A type that others refer to.
    Type(Schema),
}

/// What keys the records of a collection have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordKeyKind {
    Tid,
    Nsid,
    Any,
    Literal(String),
}

/// The body of a request or an answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Body {
    /// MIME type, with stars allowed.
    pub encoding: String,
    /// Of JSON: an object, ref or union.
    pub schema: Option<Schema>,
}

/// An error that a method may answer with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ErrorName {
    pub name: String,
}

/// One line of a permission set (<https://atproto.com/specs/permission>).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// `repo`, `rpc`, `blob`, `account`, `identity`.
    pub resource: String,
    #[serde(default)]
    pub collection: Vec<String>,
    #[serde(default)]
    pub action: Vec<String>,
    #[serde(default)]
    pub lxm: Vec<String>,
    pub aud: Option<String>,
    #[serde(default)]
    pub inherit_aud: bool,
}
