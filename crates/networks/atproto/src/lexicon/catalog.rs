//! Lexicons by name.

use super::{
    document::{Def, Lexicon, RecordKeyKind},
    schema::ObjectSchema,
    validate::{Invalid, Path, check_object},
};
use crate::{
    data::Map,
    syntax::{Nsid, RecordKey, Tid},
};
use std::collections::HashMap;

/// The lexicons that are known.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    lexicons: HashMap<Nsid, Lexicon>,
}

/// What can be said of a record that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It is as its lexicon says.
    Valid,
    /// Its lexicon is not known.
    Unknown,
}

impl Catalog {
    pub fn new() -> Catalog {
        Catalog::default()
    }

    /// Adds a lexicon, or puts it in the place of the one of the same id.
    pub fn add(&mut self, lexicon: Lexicon) {
        self.lexicons.insert(lexicon.id.clone(), lexicon);
    }

    pub fn get(&self, id: &Nsid) -> Option<&Lexicon> {
        self.lexicons.get(id)
    }

    /// The definition of a whole ref: `NSID` or `NSID#name`.
    pub fn def(&self, to: &str) -> Option<&Def> {
        let (nsid, name) = to.split_once('#').unwrap_or((to, "main"));
        self.lexicons.get(&Nsid::parse(nsid).ok()?)?.defs.get(name)
    }

    /// Holds a record to the lexicon of its collection.
    pub fn check_record(
        &self,
        collection: &Nsid,
        rkey: &RecordKey,
        fields: &Map,
    ) -> Result<Validity, Invalid> {
        if fields.text("$type").and_then(|name| Nsid::parse(name).ok()).as_ref() != Some(collection) {
            return Err(Invalid::new("$type", "not the collection"));
        }
        let Some(lexicon) = self.lexicons.get(collection) else { return Ok(Validity::Unknown) };
        let Some(Def::Record(key, object)) = lexicon.defs.get("main") else {
            return Err(Invalid::new("$type", "no kind of record"));
        };
        let fits = match key {
            RecordKeyKind::Tid => Tid::parse(rkey.as_str()).is_ok(),
            RecordKeyKind::Nsid => Nsid::parse(rkey.as_str()).is_ok(),
            RecordKeyKind::Any => true,
            RecordKeyKind::Literal(literal) => rkey == literal.as_str(),
        };
        if !fits {
            return Err(Invalid::new("rkey", "not what keys of the collection are"));
        }
        self.check_object(object, fields)?;
        Ok(Validity::Valid)
    }

    /// Holds an object to a schema: a request's body, or its parameters.
    pub fn check_object(&self, schema: &ObjectSchema, fields: &Map) -> Result<(), Invalid> {
        check_object(self, schema, fields, &Path::top())
    }
}
