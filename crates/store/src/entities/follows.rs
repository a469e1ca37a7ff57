//! `follows`: requested and accepted ones.

use super::{Window, source};
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Network, Time};

pub const REQUESTED: i64 = 0;
pub const ACCEPTED: i64 = 1;

#[derive(Clone, Debug)]
pub struct FollowRow {
    pub id: Id,
    pub follower: Id,
    pub target: Id,
    pub accepted: bool,
    pub reposts: bool,
    pub notify: bool,
    /// BCP 47; empty: all.
    pub languages: Vec<String>,
    /// Network that it came by; `None`: made here.
    pub origin: Option<Network>,
    pub at: Time,
}

macro_rules! columns {
    () => {
        "f.id, f.follower_id, f.target_id, f.state, f.reposts, f.notify, f.languages, f.source, f.at"
    };
}

impl FollowRow {
    pub fn read(row: &mut Row) -> Result<FollowRow, StoreError> {
        Ok(FollowRow {
            id: row.get(0)?,
            follower: row.get(1)?,
            target: row.get(2)?,
            accepted: row.get::<i64>(3)? == ACCEPTED,
            reposts: row.get(4)?,
            notify: row.get(5)?,
            languages: serde_json::from_str(&row.get::<String>(6)?).unwrap_or_default(),
            origin: row.get(7)?,
            at: row.get(8)?,
        })
    }
}

pub fn by_id(id: Id) -> Query {
    query(concat!("SELECT ", columns!(), " FROM follows f WHERE f.id = ?1"), args![id])
}

pub fn one(follower: Id, target: Id) -> Query {
    query(
        concat!("SELECT ", columns!(), " FROM follows f WHERE f.follower_id = ?1 AND f.target_id = ?2"),
        args![follower, target],
    )
}

/// Follows of one actor, in both directions, with each of some others.
pub fn between<'a>(actor: Id, others: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        concat!(
            "SELECT ",
            columns!(),
            " FROM follows f WHERE (f.follower_id = ?1 AND f.target_id IN {ints ?2})
                                OR (f.target_id = ?1 AND f.follower_id IN {ints ?2})"
        ),
        args![actor, super::ints(others)],
    )
}

/// Members with an accepted follow of whoever has that native id: `actor_id`.
pub fn members_following_native(network: Network, native_id: &str) -> Query {
    query(
        "SELECT f.follower_id FROM presences p JOIN follows f ON f.target_id = p.actor_id
         JOIN members m ON m.actor_id = f.follower_id
         WHERE p.network = ?1 AND p.native_id = ?2 AND f.state = 1",
        args![network, native_id],
    )
}

/// (id, follower_id) of accepted follows of that actor.
pub fn followers(target: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT id, follower_id FROM follows WHERE target_id = ?1 AND state = 1 AND id < ?2 AND id > ?3 ORDER BY id"
    );
    window.query(sql, target)
}

/// (id, target_id) of that actor's accepted follows.
pub fn following(follower: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT id, target_id FROM follows WHERE follower_id = ?1 AND state = 1 AND id < ?2 AND id > ?3 ORDER BY id"
    );
    window.query(sql, follower)
}

/// (id, follower_id) of whoever asks to follow that actor.
pub fn requests(target: Id, window: Window) -> Query {
    let sql = paged!(
        window,
        "SELECT id, follower_id FROM follows WHERE target_id = ?1 AND state = 0 AND id < ?2 AND id > ?3 ORDER BY id"
    );
    window.query(sql, target)
}

/// (follower_id) of members with an accepted follow of that actor.
pub fn members_following(target: Id) -> Query {
    query(
        "SELECT f.follower_id FROM follows f JOIN members m ON m.actor_id = f.follower_id
         WHERE f.target_id = ?1 AND f.state = 1",
        args![target],
    )
}

/// A row when any member follows (or has asked to follow) that actor.
pub fn any_member_following(target: Id) -> Query {
    query(
        "SELECT 1 FROM follows f JOIN members m ON m.actor_id = f.follower_id WHERE f.target_id = ?1 LIMIT 1",
        args![target],
    )
}

/// A new follow; fails when there is one already.
pub fn insert(row: &FollowRow) -> Change {
    Change::new(
        "INSERT INTO follows (id, follower_id, target_id, state, reposts, notify, languages, source, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (follower_id, target_id) DO NOTHING",
        args![
            row.id,
            row.follower,
            row.target,
            if row.accepted { ACCEPTED } else { REQUESTED },
            row.reposts,
            row.notify,
            super::texts(&row.languages),
            source(row.origin),
            row.at
        ],
    )
    .or_fail("duplicate")
}

pub fn set_options(follower: Id, target: Id, reposts: bool, notify: bool, languages: &[String]) -> Change {
    Change::new(
        "UPDATE follows SET reposts = ?3, notify = ?4, languages = ?5 WHERE follower_id = ?1 AND target_id = ?2",
        args![follower, target, reposts, notify, super::texts(languages)],
    )
}

/// A request becomes a follow; fails when there is no request.
pub fn accept(follower: Id, target: Id) -> Change {
    Change::new(
        "UPDATE follows SET state = 1 WHERE follower_id = ?1 AND target_id = ?2 AND state = 0",
        args![follower, target],
    )
    .or_fail("follow request")
}

/// Ends a follow or takes back a request; fails when there is none. See [`uncount`] for the counts, before this.
pub fn delete(follower: Id, target: Id) -> Change {
    Change::new("DELETE FROM follows WHERE follower_id = ?1 AND target_id = ?2", args![follower, target])
        .or_fail("follow")
}

/// The same, whether there is one or not.
pub fn delete_if_any(follower: Id, target: Id) -> Change {
    Change::new("DELETE FROM follows WHERE follower_id = ?1 AND target_id = ?2", args![follower, target])
}

/// Counts an accepted follow on the members of both ends (others' counts are as their side says).
pub fn count(follower: Id, target: Id) -> [Change; 2] {
    [
        Change::new(
            "UPDATE actors SET following = following + 1 WHERE id = ?1 AND domain = ''",
            args![follower],
        ),
        Change::new(
            "UPDATE actors SET followers = followers + 1 WHERE id = ?1 AND domain = ''",
            args![target],
        ),
    ]
}

/// Takes the counts back if there is an accepted follow; to stand before its deletion in the same write.
pub fn uncount(follower: Id, target: Id) -> [Change; 2] {
    [
        Change::new(
            "UPDATE actors SET following = following - 1 WHERE id = ?1 AND domain = '' AND following > 0 AND EXISTS
               (SELECT 1 FROM follows f WHERE f.follower_id = ?1 AND f.target_id = ?2 AND f.state = 1)",
            args![follower, target],
        ),
        Change::new(
            "UPDATE actors SET followers = followers - 1 WHERE id = ?2 AND domain = '' AND followers > 0 AND EXISTS
               (SELECT 1 FROM follows f WHERE f.follower_id = ?1 AND f.target_id = ?2 AND f.state = 1)",
            args![follower, target],
        ),
    ]
}

/// (follower_id) of members who want to be told of every post of that actor.
pub fn eager(target: Id) -> Query {
    query(
        "SELECT f.follower_id FROM follows f JOIN members m ON m.actor_id = f.follower_id
         WHERE f.target_id = ?1 AND f.state = 1 AND f.notify = 1",
        args![target],
    )
}

/// (actor id) of everyone on a host who follows that member or is followed by them.
pub fn related_on(member: Id, domain: &str) -> Query {
    query(
        "SELECT a.id FROM actors a WHERE a.domain = ?2 AND (
           EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?1 AND f.target_id = a.id)
           OR EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = a.id AND f.target_id = ?1))",
        args![member, domain],
    )
}
