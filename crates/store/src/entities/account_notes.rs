//! `account_notes`: a member's own words about somebody.

use crate::{Change, args};
use landbridge_model::Id;

/// An empty note is none.
pub fn put(member: Id, target: Id, note: &str) -> Change {
    match note.is_empty() {
        true => Change::new(
            "DELETE FROM account_notes WHERE member_id = ?1 AND target_id = ?2",
            args![member, target],
        ),
        false => Change::new(
            "INSERT INTO account_notes (member_id, target_id, note) VALUES (?1, ?2, ?3)
             ON CONFLICT (member_id, target_id) DO UPDATE SET note = excluded.note",
            args![member, target, note],
        ),
    }
}
