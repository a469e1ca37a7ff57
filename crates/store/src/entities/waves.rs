//! `waves`: near-identical first contacts to many, and the contacts that belong to one.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Time};

#[derive(Clone, Debug)]
pub struct WaveRow {
    pub id: Id,
    pub scope: String,
    pub sketch: Vec<u8>,
    pub state: String,
    pub first_at: Time,
    pub last_at: Time,
    pub answered_at: Option<Time>,
}

impl WaveRow {
    pub fn read(row: &mut Row) -> Result<WaveRow, StoreError> {
        Ok(WaveRow {
            id: row.get(0)?,
            scope: row.get(1)?,
            sketch: row.get(2)?,
            state: row.get(3)?,
            first_at: row.get(4)?,
            last_at: row.get(5)?,
            answered_at: row.get(6)?,
        })
    }
}

pub fn insert(row: &WaveRow) -> Change {
    Change::new(
        "INSERT INTO waves (id, scope, sketch, state, first_at, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        args![row.id, &row.scope, row.sketch.clone(), &row.state, row.first_at, row.last_at],
    )
}

pub fn by_id(id: Id) -> Query {
    query(
        "SELECT w.id, w.scope, w.sketch, w.state, w.first_at, w.last_at, w.answered_at FROM waves w WHERE w.id = ?1",
        args![id],
    )
}

/// The latest, newest first.
pub fn latest(since: Time, most: i64) -> Query {
    query(
        "SELECT w.id, w.scope, w.sketch, w.state, w.first_at, w.last_at, w.answered_at FROM waves w
         WHERE w.last_at > ?1 ORDER BY w.last_at DESC LIMIT ?2",
        args![since, most],
    )
}

/// (contacts, strangers, members, those that were asked for, parked) of a wave.
pub fn counts(id: Id) -> Query {
    query(
        "SELECT COUNT(*), COUNT(DISTINCT c.stranger_id), COUNT(DISTINCT c.member_id),
           COUNT(CASE WHEN c.state = 'request' THEN 1 END), COUNT(CASE WHEN c.state = 'parked' THEN 1 END)
         FROM contacts c WHERE c.wave_id = ?1",
        args![id],
    )
}

/// (origin, contacts) of a wave, most first.
pub fn origins(id: Id, most: i64) -> Query {
    query(
        "SELECT c.origin, COUNT(*) FROM contacts c WHERE c.wave_id = ?1 AND c.origin <> '' GROUP BY c.origin
         ORDER BY COUNT(*) DESC, c.origin LIMIT ?2",
        args![id, most],
    )
}

/// (stranger_id) of a wave, after one.
pub fn strangers(id: Id, after: Id, most: i64) -> Query {
    query(
        "SELECT DISTINCT c.stranger_id FROM contacts c WHERE c.wave_id = ?1 AND c.stranger_id > ?2
         ORDER BY c.stranger_id LIMIT ?3",
        args![id, after, most],
    )
}

/// The same text has come once more.
pub fn seen(id: Id, at: Time) -> Change {
    Change::new("UPDATE waves SET last_at = ?2 WHERE id = ?1 AND last_at < ?2", args![id, at])
}

/// What came before the wave was one.
pub fn belongs(id: Id, member: Id, stranger: Id, scope: &str) -> Change {
    Change::new(
        "UPDATE contacts SET wave_id = ?1 WHERE member_id = ?2 AND stranger_id = ?3 AND scope = ?4 AND wave_id IS NULL",
        args![id, member, stranger, scope],
    )
}

/// Another state; fails when it was not in one of these.
pub fn turn(id: Id, from: &[&str], to: &str, at: Option<Time>) -> Change {
    Change::new(
        "UPDATE waves SET state = ?3, answered_at = ?4 WHERE id = ?1 AND state IN {texts ?2}",
        args![id, super::texts(from), to, at],
    )
    .or_fail("answered before")
}

/// (id, member_id, stranger_id, scope) of a wave's requests that members see.
pub fn asked(id: Id, most: i64) -> Query {
    query(
        "SELECT c.id, c.member_id, c.stranger_id, c.scope FROM contacts c
         WHERE c.wave_id = ?1 AND c.state = 'request' ORDER BY c.id LIMIT ?2",
        args![id, most],
    )
}

/// One of them is declined with its wave; what it sent stays for as long as that can be undone.
pub fn decline(contact: Id, at: Time) -> Change {
    Change::new(
        "UPDATE contacts SET state = 'declined', reason = 'wave', changed_at = ?2 WHERE id = ?1 AND state = 'request'",
        args![contact, at],
    )
}

/// All others of a wave, of which no member has heard.
pub fn decline_unasked(id: Id, at: Time) -> Change {
    Change::new(
        "UPDATE contacts SET state = 'declined', reason = 'wave', changed_at = ?2
         WHERE wave_id = ?1 AND state IN ('parked', 'admitted')",
        args![id, at],
    )
}

/// What was declined with a wave waits for its turn again.
pub fn undo(id: Id, at: Time) -> Change {
    Change::new(
        "UPDATE contacts SET state = 'parked', changed_at = ?2, turn = ?2
         WHERE wave_id = ?1 AND state = 'declined' AND reason = 'wave'",
        args![id, at],
    )
}

/// Lines that members read of it are undone.
pub fn undo_lines(id: Id, at: Time) -> Change {
    Change::new(
        "UPDATE contact_log SET undone_at = ?2 WHERE reason = 'wave' AND undone_at IS NULL AND id IN
           (SELECT l.id FROM contacts c JOIN contact_log l ON l.stranger_id = c.stranger_id AND l.member_id = c.member_id
            WHERE c.wave_id = ?1)",
        args![id, at],
    )
}

/// (id) of waves that were answered and of which more has come since.
pub fn leftover() -> Query {
    query(
        "SELECT id FROM waves WHERE state IN ('declined', 'blocked', 'limited') AND EXISTS
           (SELECT 1 FROM contacts c WHERE c.wave_id = waves.id AND c.state = 'parked')",
        args![],
    )
}

/// What can be undone no longer goes, and waves that nobody has seen for so long.
pub fn sweep(undoable: Time, before: Time) -> [Change; 3] {
    [
        Change::new(
            "DELETE FROM contact_items WHERE contact_id IN
               (SELECT c.id FROM waves JOIN contacts c ON c.wave_id = waves.id
                WHERE waves.answered_at < ?1 AND c.state = 'declined' AND c.reason = 'wave')",
            args![undoable],
        ),
        Change::new(
            "UPDATE contacts SET wave_id = NULL WHERE wave_id IN (SELECT w.id FROM waves w WHERE w.last_at < ?1)",
            args![before],
        ),
        Change::new("DELETE FROM waves WHERE last_at < ?1", args![before]),
    ]
}
