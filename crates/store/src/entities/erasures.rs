//! `erasures`: whose data was erased, as keyed hashes: a restored backup is cleaned by it again.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

/// A row when the subject was erased.
pub fn find(hash: Vec<u8>) -> Query {
    query("SELECT at FROM erasures WHERE subject_hash = ?1", args![hash])
}

pub fn insert(id: Id, hash: Vec<u8>, at: Time) -> Change {
    Change::new("INSERT INTO erasures (id, subject_hash, at) VALUES (?1, ?2, ?3)", args![id, hash, at])
}
