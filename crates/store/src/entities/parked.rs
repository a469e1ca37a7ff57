//! `contacts` that exceed a budget: what they sent is held until their turn comes.

use super::contacts::ContactRow;
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Time};

/// One that waits for its turn.
#[derive(Clone, Debug)]
pub struct Parked {
    pub id: Id,
    pub member: Id,
    pub stranger: Id,
    pub scope: String,
}

impl Parked {
    pub fn read(row: &mut Row) -> Result<Parked, StoreError> {
        Ok(Parked { id: row.get(0)?, member: row.get(1)?, stranger: row.get(2)?, scope: row.get(3)? })
    }
}

/// Parks a contact; one that is parked keeps its place. Fails when it is anything that was asked or answered.
pub fn park(row: &ContactRow, origin: &str, turn: Time, wave: Option<Id>) -> Change {
    Change::new(
        "INSERT INTO contacts
           (id, member_id, stranger_id, scope, state, reason, source, asked_at, changed_at, origin, turn, wave_id)
         VALUES (?1, ?2, ?3, ?4, 'parked', ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (member_id, stranger_id, scope) DO UPDATE SET
           state = 'parked', changed_at = excluded.changed_at,
           origin = CASE WHEN contacts.state = 'parked' THEN contacts.origin ELSE excluded.origin END,
           reason = CASE WHEN contacts.state = 'parked' THEN contacts.reason ELSE excluded.reason END,
           turn = CASE WHEN contacts.state = 'parked' THEN contacts.turn ELSE excluded.turn END,
           wave_id = COALESCE(contacts.wave_id, excluded.wave_id)
         WHERE contacts.state IN ('parked', 'cancelled', 'admitted')",
        args![
            row.id,
            row.member,
            row.stranger,
            &row.scope,
            &row.reason,
            super::source(row.origin),
            row.asked_at,
            row.changed_at,
            origin,
            turn,
            wave
        ],
    )
    .or_fail("answered meanwhile")
}

/// Notes where a request came from: to stand behind the request in its write.
pub fn came_from(member: Id, stranger: Id, scope: &str, origin: &str, wave: Option<Id>) -> Change {
    Change::new(
        "UPDATE contacts SET origin = ?4, wave_id = COALESCE(wave_id, ?5)
         WHERE member_id = ?1 AND stranger_id = ?2 AND scope = ?3",
        args![member, stranger, scope, origin, wave],
    )
}

/// (origin, how many) of what is parked, after one.
pub fn by_origin(after: &str, most: i64) -> Query {
    query(
        "SELECT origin, COUNT(*) FROM contacts WHERE state = 'parked' AND origin > ?1
         GROUP BY origin ORDER BY origin LIMIT ?2",
        args![after, most],
    )
}

/// How many of one origin are parked.
pub fn count(origin: &str) -> Query {
    query("SELECT COUNT(*) FROM contacts WHERE state = 'parked' AND origin = ?1", args![origin])
}

/// Those of one origin whose turn is next. What belongs to a wave waits for the operator, but for nobody longer than since
/// `patience`.
pub fn next(origin: &str, patience: Time, most: i64) -> Query {
    query(
        "SELECT c.id, c.member_id, c.stranger_id, c.scope FROM contacts c
         WHERE c.state = 'parked' AND c.origin = ?1 AND (c.wave_id IS NULL OR EXISTS
           (SELECT 1 FROM waves w WHERE w.id = c.wave_id
              AND (w.state = 'passed' OR (w.state = 'open' AND w.first_at < ?2))))
         ORDER BY c.turn, c.id LIMIT ?3",
        args![origin, patience, most],
    )
}

/// It has its turn: what is held of it arrives now. Fails when something else has become of it.
pub fn admit(id: Id, at: Time) -> Change {
    Change::new(
        "UPDATE contacts SET state = 'admitted', changed_at = ?2 WHERE id = ?1 AND state = 'parked'",
        args![id, at],
    )
    .or_fail("answered meanwhile")
}
