//! `contacts`, `contact_items`: first contacts with members, and what is held until they answer. The words of scopes,
//! states and reasons are the hub's.

use super::{Window, source};
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Network, Time};

/// The state of one stranger with one member in one scope.
#[derive(Clone, Debug)]
pub struct ContactRow {
    pub id: Id,
    pub member: Id,
    pub stranger: Id,
    pub scope: String,
    pub state: String,
    pub reason: String,
    /// Network that it came by; `None`: made here.
    pub origin: Option<Network>,
    pub asked_at: Time,
    pub changed_at: Time,
    /// Items that were only counted.
    pub more: i64,
    /// Items that are held.
    pub items: i64,
}

macro_rules! columns {
    () => {
        "c.id, c.member_id, c.stranger_id, c.scope, c.state, c.reason, c.source, c.asked_at, c.changed_at, c.more,
         (SELECT COUNT(*) FROM contact_items i WHERE i.contact_id = c.id)"
    };
}

impl ContactRow {
    pub fn read(row: &mut Row) -> Result<ContactRow, StoreError> {
        Ok(ContactRow {
            id: row.get(0)?,
            member: row.get(1)?,
            stranger: row.get(2)?,
            scope: row.get(3)?,
            state: row.get(4)?,
            reason: row.get(5)?,
            origin: row.get(6)?,
            asked_at: row.get(7)?,
            changed_at: row.get(8)?,
            more: row.get(9)?,
            items: row.get(10)?,
        })
    }
}

/// Something that is held, sealed.
#[derive(Clone, Debug)]
pub struct ItemRow {
    pub id: Id,
    pub contact: Id,
    pub member: Id,
    pub stranger: Id,
    pub network: Option<Network>,
    pub native_id: String,
    pub body: Vec<u8>,
    pub original: Vec<u8>,
    pub at: Time,
}

macro_rules! item_columns {
    () => {
        "i.id, i.contact_id, i.member_id, i.stranger_id, i.source, i.native_id, i.body, i.original, i.at"
    };
}

impl ItemRow {
    pub fn read(row: &mut Row) -> Result<ItemRow, StoreError> {
        Ok(ItemRow {
            id: row.get(0)?,
            contact: row.get(1)?,
            member: row.get(2)?,
            stranger: row.get(3)?,
            network: row.get(4)?,
            native_id: row.get(5)?,
            body: row.get(6)?,
            original: row.get(7)?,
            at: row.get(8)?,
        })
    }
}

pub fn by_id(member: Id, id: Id) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM contacts c WHERE c.id = ?2 AND c.member_id = ?1"),
        args![member, id],
    )
}

pub fn one(member: Id, stranger: Id, scope: &str) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM contacts c WHERE c.member_id = ?1 AND c.stranger_id = ?2 AND c.scope = ?3"
        ),
        args![member, stranger, scope],
    )
}

/// A member's contacts in one state and some scopes.
pub fn page(member: Id, state: &str, scopes: &[&str], window: Window) -> Query {
    let sql = paged!(
        window,
        concat!(
            "SELECT ",
            columns!(),
            " FROM contacts c WHERE c.member_id = ?1 AND c.id < ?2 AND c.id > ?3
              AND c.state = ?5 AND c.scope IN {texts ?6} ORDER BY c.id"
        )
    );
    query(sql, [window.args(member), args![state, super::texts(scopes)]].concat())
}

/// (requests, strangers, items) of a member that wait for an answer, in some scopes.
pub fn waiting(member: Id, scopes: &[&str]) -> Query {
    query(
        "SELECT COUNT(*), COUNT(DISTINCT c.stranger_id),
           CAST(COALESCE(SUM(c.more + (SELECT COUNT(*) FROM contact_items i WHERE i.contact_id = c.id)), 0) AS BIGINT)
         FROM contacts c WHERE c.member_id = ?1 AND c.state = 'request' AND c.scope IN {texts ?2}",
        args![member, super::texts(scopes)],
    )
}

/// Who asks. A request that was taken back is the same one again; one that is open stays as it is. Fails when the member
/// has answered meanwhile.
pub fn ask(row: &ContactRow) -> Change {
    Change::new(
        "INSERT INTO contacts (id, member_id, stranger_id, scope, state, reason, source, asked_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, 'request', ?5, ?6, ?7, ?8)
         ON CONFLICT (member_id, stranger_id, scope) DO UPDATE SET
           state = 'request', changed_at = excluded.changed_at,
           reason = CASE WHEN contacts.state = 'request' THEN contacts.reason ELSE excluded.reason END
         WHERE contacts.state NOT IN ('granted', 'declined')",
        args![
            row.id,
            row.member,
            row.stranger,
            &row.scope,
            &row.reason,
            source(row.origin),
            row.asked_at,
            row.changed_at
        ],
    )
    .or_fail("answered meanwhile")
}

/// The member's answer, whether somebody has asked or not. Changes nothing when it is that already.
pub fn answer(row: &ContactRow) -> Change {
    Change::new(
        "INSERT INTO contacts (id, member_id, stranger_id, scope, state, reason, source, asked_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (member_id, stranger_id, scope) DO UPDATE SET
           state = excluded.state, reason = excluded.reason, changed_at = excluded.changed_at, more = 0
         WHERE contacts.state <> excluded.state",
        args![
            row.id,
            row.member,
            row.stranger,
            &row.scope,
            &row.state,
            &row.reason,
            source(row.origin),
            row.asked_at,
            row.changed_at
        ],
    )
}

/// Who was let in by a follow that has ended is a stranger again.
pub fn unfollowed(member: Id, stranger: Id, at: Time) -> Change {
    Change::new(
        "UPDATE contacts SET state = 'cancelled', changed_at = ?3
         WHERE member_id = ?1 AND stranger_id = ?2 AND state = 'granted' AND reason = 'followed'",
        args![member, stranger, at],
    )
}

/// Another state of whatever there is, if it is in one of these.
pub fn turn_if(member: Id, stranger: Id, scopes: &[&str], from: &[&str], to: &str, at: Time) -> Change {
    Change::new(
        "UPDATE contacts SET state = ?5, changed_at = ?6, more = 0
         WHERE member_id = ?1 AND stranger_id = ?2 AND scope IN {texts ?3} AND state IN {texts ?4}",
        args![member, stranger, super::texts(scopes), super::texts(from), to, at],
    )
}

/// Neither may have blocked the other: to stand beside what holds something.
pub fn forbid_block(member: Id, stranger: Id) -> Change {
    Change::forbid(
        "SELECT 1 FROM blocks WHERE (actor_id = ?1 AND target_id = ?2) OR (actor_id = ?2 AND target_id = ?1)",
        args![member, stranger],
        "answered meanwhile",
    )
}

/// Counts what cannot be held any more: to stand before [`hold`] in the same write.
pub fn count(item: &ItemRow, scope: &str, most: i64) -> Change {
    Change::new(
        "UPDATE contacts SET more = more + 1 WHERE member_id = ?1 AND stranger_id = ?2 AND scope = ?3
           AND (SELECT COUNT(*) FROM contact_items i WHERE i.contact_id = contacts.id) >= ?6
           AND NOT EXISTS (SELECT 1 FROM contact_items i WHERE i.source = ?4 AND i.native_id = ?5 AND i.member_id = ?1)",
        args![item.member, item.stranger, scope, source(item.network), &item.native_id, most],
    )
}

/// Holds one thing with the request that it belongs to, or the newer form of it; not more than so many.
pub fn hold(item: ItemRow, scope: &str, most: i64) -> Change {
    Change::new(
        "INSERT INTO contact_items (id, contact_id, member_id, stranger_id, source, native_id, body, original, at)
         SELECT ?1, c.id, c.member_id, c.stranger_id, ?5, ?6, ?7, ?8, ?9 FROM contacts c
         WHERE c.member_id = ?2 AND c.stranger_id = ?3 AND c.scope = ?4
           AND ((SELECT COUNT(*) FROM contact_items i WHERE i.contact_id = c.id) < ?10
             OR EXISTS (SELECT 1 FROM contact_items i WHERE i.source = ?5 AND i.native_id = ?6 AND i.member_id = ?2))
         ON CONFLICT (source, native_id, member_id) DO UPDATE SET
           id = excluded.id, body = excluded.body, original = excluded.original",
        args![
            item.id,
            item.member,
            item.stranger,
            scope,
            source(item.network),
            item.native_id,
            item.body,
            item.original,
            item.at,
            most
        ],
    )
}

/// The first item of each of some contacts.
pub fn first_items<'a>(contacts: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        concat!(
            "SELECT ",
            item_columns!(),
            " FROM contact_items i WHERE i.contact_id IN {ints ?1} AND NOT EXISTS
               (SELECT 1 FROM contact_items o WHERE o.contact_id = i.contact_id
                  AND (o.at < i.at OR (o.at = i.at AND o.id < i.id)))"
        ),
        args![super::ints(contacts)],
    )
}

/// Items of a member whose strangers are let in, oldest first: to be let through.
pub fn released(member: Id, limit: i64) -> Query {
    query(
        concat!(
            "SELECT ",
            item_columns!(),
            " FROM contact_items i JOIN contacts c ON c.id = i.contact_id
              WHERE i.member_id = ?1 AND c.state IN ('granted', 'admitted') ORDER BY i.at, i.id LIMIT ?2"
        ),
        args![member, limit],
    )
}

/// (member_id) of whoever has such items: what a crash has left.
pub fn members_with_released() -> Query {
    query(
        "SELECT DISTINCT i.member_id FROM contact_items i JOIN contacts c ON c.id = i.contact_id
         WHERE c.state IN ('granted', 'admitted')",
        args![],
    )
}

/// What was held for a member goes through now; fails when it has before: only one arrival counts.
pub fn let_go(network: Network, native_id: &str, member: Id) -> Change {
    Change::new(
        "DELETE FROM contact_items WHERE source = ?1 AND native_id = ?2 AND member_id = ?3",
        args![network, native_id, member],
    )
    .or_fail("duplicate")
}

pub fn drop_item(id: Id) -> Change {
    Change::new("DELETE FROM contact_items WHERE id = ?1", args![id])
}

/// One that goes through now; fails when it has before.
pub fn drop_held(id: Id) -> Change {
    drop_item(id).or_fail("duplicate")
}

pub fn drop_items(contact: Id) -> Change {
    Change::new("DELETE FROM contact_items WHERE contact_id = ?1", args![contact])
}

/// All that is held of one stranger for a member.
pub fn drop_items_of(member: Id, stranger: Id) -> Change {
    Change::new(
        "DELETE FROM contact_items WHERE stranger_id = ?2 AND member_id = ?1",
        args![member, stranger],
    )
}

/// Its sender takes something back that is held: it goes, and with the last of them the request.
pub fn take_back(stranger: Id, network: Option<Network>, native_id: &str, at: Time) -> [Change; 2] {
    [
        Change::new(
            "UPDATE contacts SET state = 'cancelled', changed_at = ?4, more = 0
             WHERE (state = 'parked' OR (state = 'request' AND scope <> 'follow')) AND id IN (SELECT i.contact_id FROM contact_items i
                          WHERE i.source = ?2 AND i.native_id = ?3 AND i.stranger_id = ?1)
               AND (SELECT COUNT(*) FROM contact_items o WHERE o.contact_id = contacts.id) = 1",
            args![stranger, source(network), native_id, at],
        ),
        Change::new(
            "DELETE FROM contact_items WHERE source = ?2 AND native_id = ?3 AND stranger_id = ?1",
            args![stranger, source(network), native_id],
        ),
    ]
}

/// A row when anything of that sender by that name is held.
pub fn any_held(stranger: Id, network: Network, native_id: &str) -> Query {
    query(
        "SELECT 1 FROM contact_items WHERE source = ?2 AND native_id = ?3 AND stranger_id = ?1 LIMIT 1",
        args![stranger, i64::from(network), native_id],
    )
}

/// What nobody has answered for so long is as if it had been taken back.
pub fn sweep(before: Time) -> [Change; 3] {
    [
        Change::new(
            "DELETE FROM contact_items WHERE at < ?1 AND NOT EXISTS
               (SELECT 1 FROM contacts c WHERE c.id = contact_items.contact_id AND c.state IN ('granted', 'admitted'))",
            args![before],
        ),
        Change::new(
            "UPDATE contacts SET state = 'cancelled', more = 0 WHERE state = 'request' AND scope <> 'follow' AND changed_at < ?1
               AND NOT EXISTS (SELECT 1 FROM contact_items i WHERE i.contact_id = contacts.id)",
            args![before],
        ),
        Change::new(
            "DELETE FROM contacts WHERE state IN ('cancelled', 'admitted', 'parked') AND changed_at < ?1
               AND NOT EXISTS (SELECT 1 FROM contact_items i WHERE i.contact_id = contacts.id)",
            args![before],
        ),
    ]
}
