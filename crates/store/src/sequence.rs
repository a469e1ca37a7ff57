//! Sequences that others resume from: their numbers become visible in order, without holes being filled later.
//!
//! SQLite has one writer, so numbers follow commits. On PostgreSQL a write that takes a number holds a lock on
//! `counters` until it commits (`postgres::write`), so whoever sees number n will never later see a smaller one appear.

use crate::{Change, Sql, args};

const NEXT: &str = "INSERT INTO counters (name, value) VALUES (?1, 1) \
    ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value";
const ADVANCE: &str = "INSERT INTO counters (name, value) VALUES (?1, 1) \
    ON CONFLICT (name) DO UPDATE SET value = counters.value + 1";

const SKIP: &str = "INSERT INTO counters (name, value) VALUES (?1, ?2) \
    ON CONFLICT (name) DO UPDATE SET value = counters.value + ?2";

/// Whether a statement takes a number, so that its write must wait for its turn.
pub(crate) fn takes_number(sql: &Sql) -> bool {
    [NEXT, ADVANCE, SKIP].into_iter().any(|text| *sql == Sql::from(text))
}

/// Takes the next number (from 1) of the named sequence and returns it as a row. Later changes of the same write can
/// use it as `(SELECT value FROM counters WHERE name = '...')`.
pub fn next(name: &str) -> Change {
    Change::new(NEXT, args![name])
}

/// Like [`next`], without returning it.
pub fn advance(name: &str) -> Change {
    Change::new(ADVANCE, args![name])
}

/// Leaves out so many numbers: after a restore, those that were given out since the backup was taken must not come again.
pub fn skip(name: &str, by: i64) -> Change {
    Change::new(SKIP, args![name, by])
}
