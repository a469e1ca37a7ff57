//! `contact_log`: what was decided about first contacts, by whom and why.

use super::Window;
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Time};

#[derive(Clone, Debug)]
pub struct LogRow {
    pub id: Id,
    pub member: Id,
    pub stranger: Id,
    pub scope: String,
    pub decision: String,
    pub reason: String,
    pub at: Time,
    pub undone_at: Option<Time>,
}

macro_rules! columns {
    () => {
        "l.id, l.member_id, l.stranger_id, l.scope, l.decision, l.reason, l.at, l.undone_at"
    };
}

impl LogRow {
    pub fn read(row: &mut Row) -> Result<LogRow, StoreError> {
        Ok(LogRow {
            id: row.get(0)?,
            member: row.get(1)?,
            stranger: row.get(2)?,
            scope: row.get(3)?,
            decision: row.get(4)?,
            reason: row.get(5)?,
            at: row.get(6)?,
            undone_at: row.get(7)?,
        })
    }
}

pub fn page(member: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        concat!(
            "SELECT ",
            columns!(),
            " FROM contact_log l WHERE l.member_id = ?1 AND l.id < ?2 AND l.id > ?3 ORDER BY l.id"
        )
    );
    window.query(sql, member)
}

pub fn by_id(member: Id, id: Id) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM contact_log l WHERE l.id = ?2 AND l.member_id = ?1"),
        args![member, id],
    )
}

/// The newest line about a stranger in a scope (or in all) that is not undone and is one of these decisions.
pub fn last(member: Id, stranger: Id, scope: &str, decisions: &[&str]) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM contact_log l WHERE l.stranger_id = ?2 AND l.member_id = ?1 AND l.scope IN (?3, 'all')
              AND l.undone_at IS NULL AND l.decision IN {texts ?4} ORDER BY l.id DESC LIMIT 1"
        ),
        args![member, stranger, scope, super::texts(decisions)],
    )
}

/// A new line, unless one says so already that is newer than `since`.
pub fn insert_once(row: &LogRow, since: Id) -> Change {
    Change::new(
        "INSERT INTO contact_log (id, member_id, stranger_id, scope, decision, reason, at)
         SELECT ?1, m.actor_id, ?3, ?4, ?5, ?6, ?7 FROM members m WHERE m.actor_id = ?2 AND NOT EXISTS
           (SELECT 1 FROM contact_log l WHERE l.stranger_id = ?3 AND l.member_id = ?2 AND l.scope = ?4
              AND l.decision = ?5 AND l.id > ?8 AND l.undone_at IS NULL)",
        args![row.id, row.member, row.stranger, &row.scope, &row.decision, &row.reason, row.at, since],
    )
}

/// A new line, unless the contact is in that state: to stand before what changes the state.
pub fn insert_unless(row: &LogRow, state: &str) -> Change {
    Change::new(
        "INSERT INTO contact_log (id, member_id, stranger_id, scope, decision, reason, at)
         SELECT ?1, m.actor_id, ?3, ?4, ?5, ?6, ?7 FROM members m WHERE m.actor_id = ?2 AND NOT EXISTS
           (SELECT 1 FROM contacts c WHERE c.member_id = ?2 AND c.stranger_id = ?3 AND c.scope = ?4 AND c.state = ?8)",
        args![row.id, row.member, row.stranger, &row.scope, &row.decision, &row.reason, row.at, state],
    )
}

/// Undone; fails when it was before.
pub fn undo(id: Id, at: Time) -> Change {
    Change::new("UPDATE contact_log SET undone_at = ?2 WHERE id = ?1 AND undone_at IS NULL", args![id, at])
        .or_fail("undone before")
}

/// What was decided against somebody as a whole is undone.
pub fn undo_all(member: Id, stranger: Id, decision: &str, at: Time) -> Change {
    Change::new(
        "UPDATE contact_log SET undone_at = ?4
         WHERE stranger_id = ?2 AND member_id = ?1 AND decision = ?3 AND undone_at IS NULL",
        args![member, stranger, decision, at],
    )
}

pub fn sweep(before: Time) -> Change {
    Change::new("DELETE FROM contact_log WHERE at < ?1", args![before])
}
