//! Writes are values: preconditions and changes, with no closure and no await inside. That is what lets one SQLite
//! writer group many of them into one commit, and PostgreSQL run the same ones concurrently.

use crate::{Query, Row, Sql, Value, query};

/// Name of a precondition that fails when what a write builds on is not the newest any more: read again, make it anew.
pub const STALE: &str = "stale";

/// One typed change inside a write.
#[derive(Clone)]
pub struct Change {
    pub query: Query,
    pub expect: Expect,
}

/// What must come of a change; otherwise the write fails with that precondition's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing is asked.
    Any,
    /// At least one row is changed (or, with RETURNING, returned).
    Changed(&'static str),
    /// The SELECT finds a row.
    Exists(&'static str),
    /// The SELECT finds no row.
    Absent(&'static str),
}

impl Change {
    /// A change of which nothing is asked.
    pub fn new(sql: impl Into<Sql>, args: impl Into<Vec<Value>>) -> Change {
        Change { query: query(sql, args), expect: Expect::Any }
    }

    /// The change must affect a row, or the write fails with this name.
    pub fn or_fail(self, precondition: &'static str) -> Change {
        Change { expect: Expect::Changed(precondition), ..self }
    }

    /// The SELECT must find a row, or the write fails with this name.
    pub fn require(sql: impl Into<Sql>, args: impl Into<Vec<Value>>, precondition: &'static str) -> Change {
        Change { query: query(sql, args), expect: Expect::Exists(precondition) }
    }

    /// The SELECT must find no row, or the write fails with this name.
    pub fn forbid(sql: impl Into<Sql>, args: impl Into<Vec<Value>>, precondition: &'static str) -> Change {
        Change { query: query(sql, args), expect: Expect::Absent(precondition) }
    }
}

/// Changes applied in order, all or nothing, as if no other write ran at the same time.
#[derive(Clone, Default)]
pub struct Write {
    pub changes: Vec<Change>,
}

impl Write {
    pub fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

impl Extend<Change> for Write {
    fn extend<I: IntoIterator<Item = Change>>(&mut self, changes: I) {
        self.changes.extend(changes);
    }
}

impl IntoIterator for Write {
    type Item = Change;
    type IntoIter = std::vec::IntoIter<Change>;
    fn into_iter(self) -> Self::IntoIter {
        self.changes.into_iter()
    }
}

impl From<Vec<Change>> for Write {
    fn from(changes: Vec<Change>) -> Write {
        Write { changes }
    }
}

impl From<Change> for Write {
    fn from(change: Change) -> Write {
        Write { changes: vec![change] }
    }
}

/// A write that was done: committed and durable.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The rows of every `RETURNING` clause, and of every SELECT that is no precondition, in order.
    pub returned: Vec<Row>,
}

/// What a statement did, before its expectation is looked at.
#[derive(Default)]
pub(crate) struct Outcome {
    pub rows: Vec<Row>,
    pub changed: u64,
}

impl Outcome {
    /// Moves the returned rows on, or names the precondition that does not hold.
    pub(crate) fn settle(self, expect: Expect, returned: &mut Vec<Row>) -> Result<(), &'static str> {
        match expect {
            Expect::Changed(name) if self.changed == 0 => return Err(name),
            Expect::Exists(name) if self.rows.is_empty() => return Err(name),
            Expect::Absent(name) if !self.rows.is_empty() => return Err(name),
            Expect::Any | Expect::Changed(_) => returned.extend(self.rows),
            Expect::Exists(_) | Expect::Absent(_) => {}
        }
        Ok(())
    }
}
