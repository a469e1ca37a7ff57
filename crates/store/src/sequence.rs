//! Sequences that others resume from: their numbers become visible in order, without holes being filled later.
//!
//! SQLite has one writer, so numbers follow commits. On PostgreSQL a write that takes a number holds a lock on
//! `counters` until it commits (`postgres::write`), so whoever sees number n will never later see a smaller one appear.

use crate::{Change, Sql, args};

/// The change behind [`next`].
pub(crate) const NEXT: Sql = Sql { sqlite: TEXT, postgres: TEXT };

const TEXT: &str = "INSERT INTO counters (name, value) VALUES (?1, 1) \
    ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value";

/// Takes the next number (from 1) of the named sequence and returns it as a row. Later changes of the same write can
/// use it as `(SELECT value FROM counters WHERE name = '...')`.
pub fn next(name: &str) -> Change {
    Change::new(NEXT, args![name])
}
