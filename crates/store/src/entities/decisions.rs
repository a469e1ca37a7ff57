//! `decisions`: what moderators decide, with its statement of reasons, and the appeal. `refused_files`: what is not taken
//! in again. The words of measures and grounds are the hub's.

use super::Window;
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Time};

/// Why a write failed: the file was taken down.
pub const REFUSED: &str = "file refused";

#[derive(Clone, Debug)]
pub struct DecisionRow {
    pub id: Id,
    pub target: Id,
    pub report: Option<Id>,
    pub measure: String,
    pub about: String,
    /// JSON.
    pub facts: String,
    pub reason: String,
    pub rule: String,
    pub ground: String,
    pub at: Time,
    pub undone_at: Option<Time>,
    pub appeal: Option<String>,
    pub appealed_at: Option<Time>,
    pub answer: Option<String>,
    pub answered_at: Option<Time>,
    pub granted: Option<bool>,
}

macro_rules! columns {
    () => {
        "id, target_id, report_id, measure, about, facts, reason, rule, ground, at, undone_at, appeal, appealed_at,
         answer, answered_at, granted"
    };
}

impl DecisionRow {
    pub fn read(row: &mut Row) -> Result<DecisionRow, StoreError> {
        Ok(DecisionRow {
            id: row.get(0)?,
            target: row.get(1)?,
            report: row.get(2)?,
            measure: row.get(3)?,
            about: row.get(4)?,
            facts: row.get(5)?,
            reason: row.get(6)?,
            rule: row.get(7)?,
            ground: row.get(8)?,
            at: row.get(9)?,
            undone_at: row.get(10)?,
            appeal: row.get(11)?,
            appealed_at: row.get(12)?,
            answer: row.get(13)?,
            answered_at: row.get(14)?,
            granted: row.get(15)?,
        })
    }
}

pub fn insert(row: &DecisionRow) -> Change {
    Change::new(
        "INSERT INTO decisions (id, target_id, report_id, measure, about, facts, reason, rule, ground, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        args![
            row.id,
            row.target,
            row.report,
            &row.measure,
            &row.about,
            &row.facts,
            &row.reason,
            &row.rule,
            &row.ground,
            row.at
        ],
    )
}

pub fn by_id(id: Id) -> Query {
    query(concat!("SELECT ", columns!(), " FROM decisions WHERE id = ?1"), args![id])
}

pub fn by_ids(ids: &[Id]) -> Query {
    query(concat!("SELECT ", columns!(), " FROM decisions WHERE id IN {ints ?1}"), args![super::ints(ids)])
}

/// All decisions.
pub fn page(window: Window) -> Query {
    let sql = paged!(
        window,
        concat!("SELECT ", columns!(), " FROM decisions WHERE id > ?1 AND id < ?2 AND id > ?3 ORDER BY id")
    );
    query(sql, window.args(-1_i64))
}

/// Those about one person.
pub fn about(target: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        concat!(
            "SELECT ",
            columns!(),
            " FROM decisions WHERE target_id = ?1 AND id < ?2 AND id > ?3 ORDER BY id"
        )
    );
    window.query(sql, target)
}

/// The two newest of one measure about somebody that stand, the newest first.
pub fn standing(target: Id, measure: &str) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM decisions WHERE target_id = ?1 AND measure = ?2 AND undone_at IS NULL ORDER BY id DESC LIMIT 2"
        ),
        args![target, measure],
    )
}

/// Those whose appeal waits for an answer, the oldest first.
pub fn appeals(most: i64) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM decisions WHERE appealed_at IS NOT NULL AND answered_at IS NULL ORDER BY appealed_at LIMIT ?1"
        ),
        args![most],
    )
}

/// Fails when somebody has appealed before.
pub fn appeal(id: Id, text: &str, at: Time) -> Change {
    Change::new(
        "UPDATE decisions SET appeal = ?2, appealed_at = ?3 WHERE id = ?1 AND appealed_at IS NULL",
        args![id, text, at],
    )
    .or_fail("appealed")
}

/// Fails when there is no appeal, or it was answered.
pub fn answer(id: Id, text: &str, granted: bool, at: Time) -> Change {
    Change::new(
        "UPDATE decisions SET answer = ?2, granted = ?3, answered_at = ?4
         WHERE id = ?1 AND appealed_at IS NOT NULL AND answered_at IS NULL",
        args![id, text, granted, at],
    )
    .or_fail("answered")
}

pub fn undo(id: Id, at: Time) -> Change {
    Change::new("UPDATE decisions SET undone_at = ?2 WHERE id = ?1 AND undone_at IS NULL", args![id, at])
        .or_fail("undone")
}

/// (1) when one of these files is refused. Hashes.
pub fn refused(hashes: &[String]) -> Query {
    query("SELECT 1 FROM refused_files WHERE hash IN {texts ?1} LIMIT 1", args![super::texts(hashes)])
}

pub fn refuse(hash: &str, at: Time) -> Change {
    Change::new(
        "INSERT INTO refused_files (hash, at) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING",
        args![hash, at],
    )
}

pub fn take_again(hash: &str) -> Change {
    Change::new("DELETE FROM refused_files WHERE hash = ?1", args![hash])
}
