//! `rule_lists`: lists of rules for hosts that others keep. `listed_rules`: what they say, and what of it applies here.
//! The words of modes and rules are the hub's; an empty rule is none.

use crate::{Change, Query, Row, Sql, StoreError, args, query};
use landbridge_model::{Id, Time};

#[derive(Clone, Debug)]
pub struct ListRow {
    pub id: Id,
    pub url: String,
    pub mode: String,
    pub most: String,
    pub hours: i64,
    pub next_at: Time,
    pub read_at: Option<Time>,
    pub applied_at: Option<Time>,
    pub digest: String,
    pub problem: Option<String>,
    /// JSON.
    pub skipped: String,
    pub left_out: i64,
    pub at: Time,
}

macro_rules! columns {
    () => {
        "id, url, mode, most, hours, next_at, read_at, applied_at, digest, problem, skipped, left_out, at"
    };
}

impl ListRow {
    pub fn read(row: &mut Row) -> Result<ListRow, StoreError> {
        Ok(ListRow {
            id: row.get(0)?,
            url: row.get(1)?,
            mode: row.get(2)?,
            most: row.get(3)?,
            hours: row.get(4)?,
            next_at: row.get(5)?,
            read_at: row.get(6)?,
            applied_at: row.get(7)?,
            digest: row.get(8)?,
            problem: row.get(9)?,
            skipped: row.get(10)?,
            left_out: row.get(11)?,
            at: row.get(12)?,
        })
    }
}

/// What was read of a list.
pub struct Reading<'a> {
    pub list: Id,
    pub at: Time,
    pub digest: &'a str,
    /// JSON.
    pub skipped: String,
    pub left_out: i64,
}

/// (see [`ListRow`]), by address.
pub fn all() -> Query {
    query(concat!("SELECT ", columns!(), " FROM rule_lists ORDER BY url"), args![])
}

pub fn by_id(id: Id) -> Query {
    query(concat!("SELECT ", columns!(), " FROM rule_lists WHERE id = ?1"), args![id])
}

/// Writes a new one down. Fails when its address is known.
pub fn insert(row: &ListRow) -> Change {
    Change::new(
        "INSERT INTO rule_lists (id, url, mode, most, hours, next_at, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (url) DO NOTHING",
        args![row.id, &row.url, &row.mode, &row.most, row.hours, row.next_at, row.at],
    )
    .or_fail("list known")
}

pub fn set_mode(id: Id, mode: &str) -> Change {
    Change::new("UPDATE rule_lists SET mode = ?2 WHERE id = ?1", args![id, mode]).or_fail("list")
}

pub fn delete(id: Id) -> [Change; 2] {
    [
        Change::new("DELETE FROM listed_rules WHERE list_id = ?1", args![id]),
        Change::new("DELETE FROM rule_lists WHERE id = ?1", args![id]).or_fail("list"),
    ]
}

/// Whoever looks next does so at that time. Fails when somebody else has taken this look.
pub fn claim(id: Id, next_at: Time, then: Time) -> Change {
    Change::new("UPDATE rule_lists SET next_at = ?3 WHERE id = ?1 AND next_at = ?2", args![id, next_at, then])
        .or_fail("list claimed")
}

pub fn failed(id: Id, problem: &str) -> Change {
    Change::new("UPDATE rule_lists SET problem = ?2 WHERE id = ?1", args![id, problem])
}

/// The list says what it said before.
pub fn unchanged(id: Id) -> Change {
    Change::new("UPDATE rule_lists SET problem = NULL WHERE id = ?1", args![id])
}

/// The list was read: to stand before what it [`offer`]s.
pub fn begin(reading: &Reading<'_>) -> [Change; 2] {
    let Reading { list, at, digest, skipped, left_out } = reading;
    [
        Change::new(
            "UPDATE rule_lists SET read_at = ?2, digest = ?3, skipped = ?4, left_out = ?5, problem = NULL WHERE id = ?1",
            args![*list, *at, *digest, skipped.clone(), *left_out],
        )
        .or_fail("list"),
        Change::new("UPDATE listed_rules SET offered = '' WHERE list_id = ?1 AND offered <> ''", args![*list]),
    ]
}

/// What it says. `rules`: JSON of `[domain, rule, note]`, so many.
pub fn offer(list: Id, rules: String) -> Change {
    let sql = Sql {
        sqlite: "INSERT INTO listed_rules (list_id, domain, offered, note)
            SELECT ?1, json_extract(e.value, '$[0]'), json_extract(e.value, '$[1]'), json_extract(e.value, '$[2]')
            FROM json_each(?2) e WHERE true
            ON CONFLICT (list_id, domain) DO UPDATE SET offered = excluded.offered, note = excluded.note",
        postgres: "INSERT INTO listed_rules (list_id, domain, offered, note)
            SELECT CAST(?1 AS BIGINT), e.value->>0, e.value->>1, e.value->>2
            FROM json_array_elements(CAST(CAST(?2 AS TEXT) AS JSON)) e
            ON CONFLICT (list_id, domain) DO UPDATE SET offered = excluded.offered, note = excluded.note",
    };
    Change::new(sql, args![list, rules])
}

/// What it neither says any more nor applies: to stand after what it [`offer`]s.
pub fn end(list: Id) -> Change {
    Change::new("DELETE FROM listed_rules WHERE list_id = ?1 AND applied = '' AND offered = ''", args![list])
}

/// What the list says now applies. Fails when it is not what was read at that moment.
pub fn apply(list: Id, read_at: Time, now: Time) -> [Change; 3] {
    [
        Change::new(
            "UPDATE rule_lists SET applied_at = ?3 WHERE id = ?1 AND read_at = ?2",
            args![list, read_at, now],
        )
        .or_fail("list read again"),
        Change::new(
            "UPDATE listed_rules SET applied = offered WHERE list_id = ?1 AND applied <> offered",
            args![list],
        ),
        end(list),
    ]
}

/// (domain, applied, offered, note) of what would change, so many.
pub fn changes(list: Id, most: i64) -> Query {
    query(
        "SELECT domain, applied, offered, note FROM listed_rules
         WHERE list_id = ?1 AND applied <> offered ORDER BY domain LIMIT ?2",
        args![list, most],
    )
}

/// (all, applied, differing)
pub fn counts(list: Id) -> Query {
    query(
        "SELECT COUNT(*), COUNT(CASE WHEN applied <> '' THEN 1 END), COUNT(CASE WHEN applied <> offered THEN 1 END)
         FROM listed_rules WHERE list_id = ?1",
        args![list],
    )
}

/// (domain, applied) of all that apply.
pub fn applied() -> Query {
    query("SELECT domain, applied FROM listed_rules WHERE applied <> ''", args![])
}
