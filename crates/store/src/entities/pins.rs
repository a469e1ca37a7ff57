//! `pins` and `bookmarks`: posts put in a place of their own.

use super::Window;
use crate::{Change, Query, args, query};
use landbridge_model::Id;

/// (post_id), newest pin first.
pub fn of_actor(actor: Id) -> Query {
    query("SELECT post_id FROM pins WHERE actor_id = ?1 ORDER BY id DESC", args![actor])
}

pub fn pin(id: Id, actor: Id, post: Id) -> Change {
    Change::new(
        "INSERT INTO pins (id, actor_id, post_id) VALUES (?1, ?2, ?3) ON CONFLICT (actor_id, post_id) DO NOTHING",
        args![id, actor, post],
    )
}

/// At most so many pins, the newest.
pub fn trim(actor: Id, most: i64) -> Change {
    Change::new(
        "DELETE FROM pins WHERE actor_id = ?1 AND id NOT IN (SELECT id FROM pins WHERE actor_id = ?1 ORDER BY id DESC LIMIT ?2)",
        args![actor, most],
    )
}

pub fn unpin(actor: Id, post: Id) -> Change {
    Change::new("DELETE FROM pins WHERE actor_id = ?1 AND post_id = ?2", args![actor, post])
}

/// (id, post_id) of a member's bookmarks.
pub fn bookmarks(member: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT id, post_id FROM bookmarks WHERE member_id = ?1 AND id < ?2 AND id > ?3 ORDER BY id"
    );
    window.query(sql, member)
}

pub fn bookmark(id: Id, member: Id, post: Id) -> Change {
    Change::new(
        "INSERT INTO bookmarks (id, member_id, post_id) VALUES (?1, ?2, ?3) ON CONFLICT (member_id, post_id) DO NOTHING",
        args![id, member, post],
    )
}

pub fn unbookmark(member: Id, post: Id) -> Change {
    Change::new("DELETE FROM bookmarks WHERE member_id = ?1 AND post_id = ?2", args![member, post])
}
