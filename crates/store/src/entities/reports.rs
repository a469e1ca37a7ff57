//! `reports`: for the moderators.

use super::source;
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Network, Time};

#[derive(Clone, Debug)]
pub struct ReportRow {
    pub id: Id,
    pub reporter: Id,
    pub target: Id,
    pub posts: Vec<Id>,
    pub comment: String,
    pub category: String,
    pub forwarded: bool,
    pub origin: Option<Network>,
    pub resolved: bool,
    pub at: Time,
    /// Of the moderators, when it was closed.
    pub note: String,
}

macro_rules! columns {
    () => {
        "id, reporter_id, target_id, post_ids, comment, category, forwarded, source, state, at, note"
    };
}

impl ReportRow {
    pub fn read(row: &mut Row) -> Result<ReportRow, StoreError> {
        let posts: Vec<i64> = serde_json::from_str(&row.get::<String>(3)?).unwrap_or_default();
        Ok(ReportRow {
            id: row.get(0)?,
            reporter: row.get(1)?,
            target: row.get(2)?,
            posts: posts.into_iter().map(Id).collect(),
            comment: row.get(4)?,
            category: row.get(5)?,
            forwarded: row.get(6)?,
            origin: row.get(7)?,
            resolved: row.get(8)?,
            at: row.get(9)?,
            note: row.get(10)?,
        })
    }
}

/// Open ones first, then newest first.
pub fn list(limit: i64) -> Query {
    query(concat!("SELECT ", columns!(), " FROM reports ORDER BY state, id DESC LIMIT ?1"), args![limit])
}

pub fn by_id(id: Id) -> Query {
    query(concat!("SELECT ", columns!(), " FROM reports WHERE id = ?1"), args![id])
}

/// (by that reporter, about that person) of reports that are open and came from elsewhere.
pub fn open_from_elsewhere(reporter: Id, target: Id) -> Query {
    query(
        "SELECT (SELECT COUNT(*) FROM reports r WHERE r.reporter_id = ?1 AND r.state = 0 AND r.source <> 0),
                (SELECT COUNT(*) FROM reports t WHERE t.target_id = ?2 AND t.state = 0 AND t.source <> 0)",
        args![reporter, target],
    )
}

pub fn insert(row: &ReportRow) -> Change {
    Change::new(
        "INSERT INTO reports (id, reporter_id, target_id, post_ids, comment, category, forwarded, source, state, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        args![
            row.id,
            row.reporter,
            row.target,
            super::ints(&row.posts),
            &row.comment,
            &row.category,
            row.forwarded,
            source(row.origin),
            row.resolved,
            row.at
        ],
    )
}

/// Fails when there is none, or it is closed.
pub fn close(id: Id, note: &str, at: Time) -> Change {
    Change::new(
        "UPDATE reports SET state = 1, note = ?2, closed_at = ?3 WHERE id = ?1 AND state = 0",
        args![id, note, at],
    )
    .or_fail("report")
}
