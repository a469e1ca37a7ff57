//! Lexicons: what records and requests look like (<https://atproto.com/specs/lexicon>).
//!
//! [`Lexicon::parse`] reads a document, a [`Catalog`] holds them, and [`Catalog::check_record`] holds data to them. Fields
//! that a lexicon does not name are always allowed.

mod catalog;
mod document;
mod format;
mod parse;
mod schema;
mod validate;

pub use catalog::{Catalog, Validity};
pub use document::{Body, Def, ErrorName, Lexicon, Permission, RecordKeyKind};
pub use format::StringFormat;
pub use parse::LexiconError;
pub use schema::{
    ArraySchema, BlobSchema, BytesSchema, IntegerSchema, ObjectSchema, RefSchema, Schema, StringSchema,
    UnionSchema,
};
pub use validate::Invalid;
