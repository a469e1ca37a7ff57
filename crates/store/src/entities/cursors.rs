//! `cursors`: where a reader of some stream stands.

use crate::{Change, Query, args, query};
use landbridge_model::Time;

/// (value)
pub fn one(name: &str) -> Query {
    query("SELECT value FROM cursors WHERE name = ?1", args![name])
}

pub fn put(name: &str, value: &str, at: Time) -> Change {
    Change::new(
        "INSERT INTO cursors (name, value, at) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at",
        args![name, value, at],
    )
}
