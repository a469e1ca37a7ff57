//! `markers`: where a member has read to.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

/// (timeline, last_read_id, version, updated_at)
pub fn of_member(member: Id) -> Query {
    query(
        "SELECT timeline, last_read_id, version, updated_at FROM markers WHERE member_id = ?1 ORDER BY timeline",
        args![member],
    )
}

pub fn put(member: Id, timeline: &str, last_read: Id, at: Time) -> Change {
    Change::new(
        "INSERT INTO markers (member_id, timeline, last_read_id, version, updated_at) VALUES (?1, ?2, ?3, 1, ?4)
         ON CONFLICT (member_id, timeline) DO UPDATE SET
           last_read_id = excluded.last_read_id, version = markers.version + 1, updated_at = excluded.updated_at",
        args![member, timeline, last_read, at],
    )
}
