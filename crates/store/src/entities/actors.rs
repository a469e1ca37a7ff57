//! `actors`: members and everybody else. `domain` is empty for members.

use super::{from_word, source, word};
use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Actor, ActorState, Id, Network, Time};

/// The columns that [`read`] reads, of the table by the alias `a`.
#[macro_export]
macro_rules! actor_columns {
    () => {
        "a.id, a.username, a.domain, a.kind, a.state, a.locked, a.profile, a.url, a.created_at, a.fetched_at, a.moved_to, \
         a.last_post_at, a.followers, a.following, a.posts"
    };
}

/// Reads [`actor_columns`], from column 0 on.
pub fn read(row: &mut Row) -> Result<Actor, StoreError> {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let domain: String = row.get(2)?;
    Ok(Actor {
        id: row.get(0)?,
        username: row.get(1)?,
        domain: Some(domain).filter(|domain| !domain.is_empty()),
        kind: from_word(row.get(3)?),
        state: ActorState::from_i64(row.get(4)?),
        locked: row.get(5)?,
        profile: serde_json::from_str(&row.get::<String>(6)?).unwrap_or_default(),
        url: row.get(7)?,
        created_at: row.get(8)?,
        fetched_at: row.get(9)?,
        moved_to: row.get(10)?,
        last_post_at: row.get(11)?,
        followers: count(row.get(12)?),
        following: count(row.get(13)?),
        posts: count(row.get(14)?),
    })
}

pub fn by_id(id: Id) -> Query {
    query(concat!("SELECT ", actor_columns!(), " FROM actors a WHERE a.id = ?1"), args![id])
}

pub fn by_ids<'a>(ids: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        concat!("SELECT ", actor_columns!(), " FROM actors a WHERE a.id IN {ints ?1}"),
        args![super::ints(ids)],
    )
}

/// By address, written in any case: who has it to the letter first, then living ones; `domain` empty for members.
pub fn by_acct(username: &str, domain: &str) -> Query {
    query(
        concat!(
            "SELECT ",
            actor_columns!(),
            " FROM actors a WHERE LOWER(a.username) = LOWER(?1) AND a.domain = ?2
              ORDER BY CASE WHEN a.username = ?1 THEN 0 ELSE 1 END, a.state, a.id"
        ),
        args![username, domain],
    )
}

pub fn by_native(network: Network, native_id: &str) -> Query {
    query(
        concat!(
            "SELECT ",
            actor_columns!(),
            " FROM presences p JOIN actors a ON a.id = p.actor_id WHERE p.network = ?1 AND p.native_id = ?2"
        ),
        args![network, native_id],
    )
}

/// (id, state) of other actors with that address.
pub fn namesakes(username: &str, domain: &str, but: Id) -> Query {
    query(
        "SELECT id, state FROM actors WHERE username = ?1 AND domain = ?2 AND id <> ?3",
        args![username, domain, but],
    )
}

/// A new actor. `origin`: the network it was first seen on; `None` for a member.
pub fn insert(actor: &Actor, origin: Option<Network>) -> Change {
    Change::new(
        "INSERT INTO actors (id, username, domain, kind, state, locked, display_name, profile, url, source, created_at,
                             fetched_at, moved_to, followers, following, posts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        args![
            actor.id,
            &actor.username,
            actor.domain.as_deref().unwrap_or_default(),
            word(&actor.kind),
            actor.state as i64,
            actor.locked,
            &actor.profile.display_name,
            profile(actor),
            actor.url.clone(),
            source(origin),
            actor.created_at,
            actor.fetched_at,
            actor.moved_to,
            number(actor.followers),
            number(actor.following),
            number(actor.posts)
        ],
    )
}

/// What a remote actor's side says now, if `origin` is the network it was first seen on: one of two merged identities
/// speaks for both. The state stays: it is ours to decide.
pub fn refresh(actor: &Actor, origin: Network) -> Change {
    Change::new(
        "UPDATE actors SET username = ?2, domain = ?3, kind = ?4, locked = ?5, display_name = ?6, profile = ?7, url = ?8,
                           fetched_at = ?9, moved_to = ?10, followers = ?11, following = ?12, posts = ?13
         WHERE id = ?1 AND domain <> '' AND source = ?14",
        args![
            actor.id,
            &actor.username,
            actor.domain.as_deref().unwrap_or_default(),
            word(&actor.kind),
            actor.locked,
            &actor.profile.display_name,
            profile(actor),
            actor.url.clone(),
            actor.fetched_at,
            actor.moved_to,
            number(actor.followers),
            number(actor.following),
            number(actor.posts),
            origin
        ],
    )
}

/// A member's own changes.
pub fn set_profile(actor: &Actor) -> Change {
    Change::new(
        "UPDATE actors SET kind = ?2, locked = ?3, display_name = ?4, profile = ?5 WHERE id = ?1",
        args![actor.id, word(&actor.kind), actor.locked, &actor.profile.display_name, profile(actor)],
    )
    .or_fail("actor")
}

pub fn set_state(id: Id, state: ActorState) -> Change {
    Change::new("UPDATE actors SET state = ?2 WHERE id = ?1", args![id, state as i64]).or_fail("actor")
}

pub fn set_moved_to(id: Id, to: Option<Id>) -> Change {
    Change::new("UPDATE actors SET moved_to = ?2 WHERE id = ?1", args![id, to])
}

/// Its address belongs to somebody else now: it is shown by another name until its own side gives one.
pub fn rename(id: Id, username: &str) -> Change {
    Change::new(
        "UPDATE actors SET username = ?2, fetched_at = 0 WHERE id = ?1 AND domain <> ''",
        args![id, username],
    )
}

/// A post was written: counts it for members, and moves the time of the last one on. Of others that time is shown by the
/// day only: their rows are not written again for each post.
pub fn posted(id: Id, at: Time) -> Change {
    Change::new(
        "UPDATE actors SET posts = posts + CASE WHEN domain = '' THEN 1 ELSE 0 END,
           last_post_at = CASE WHEN last_post_at IS NULL OR last_post_at < ?2 THEN ?2 ELSE last_post_at END
         WHERE id = ?1 AND (domain = '' OR last_post_at IS NULL OR last_post_at < ?2 - 3600000)",
        args![id, at],
    )
}

pub fn unposted(id: Id) -> Change {
    Change::new("UPDATE actors SET posts = posts - 1 WHERE id = ?1 AND domain = '' AND posts > 0", args![id])
}

/// (domain) of everyone elsewhere who is known.
pub fn domains() -> Query {
    query("SELECT DISTINCT domain FROM actors WHERE domain <> '' ORDER BY domain", args![])
}

/// How many domains there are, of everyone elsewhere who is known.
pub fn count_domains() -> Query {
    query("SELECT COUNT(DISTINCT domain) FROM actors WHERE domain <> ''", args![])
}

/// How many posts members have written.
pub fn count_posts() -> Query {
    query("SELECT CAST(COALESCE(SUM(posts), 0) AS BIGINT) FROM actors WHERE domain = ''", args![])
}

/// What a search for people looks for. Patterns are LIKE patterns in lower case, escaped by a backslash.
pub struct Named<'a> {
    /// Of the name in the address.
    pub username: &'a str,
    /// Of the shown name.
    pub shown: &'a str,
    pub domain: &'a str,
    /// The exact name: it comes first.
    pub exact: &'a str,
    /// Whose follows come next, and with `following` are the only ones.
    pub reader: Option<Id>,
    pub following: bool,
    pub limit: i64,
    pub offset: i64,
}

/// (id) of people by name.
pub fn named(wanted: &Named<'_>) -> Query {
    query(
        "SELECT a.id FROM actors a
         WHERE (lower(a.username) LIKE ?1 ESCAPE '\\' OR lower(a.display_name) LIKE ?2 ESCAPE '\\')
         AND a.domain LIKE ?3 ESCAPE '\\' AND a.state IN (0, 4)
         AND (?4 = 0 OR EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?5 AND f.target_id = a.id AND f.state = 1))
         ORDER BY (CASE WHEN lower(a.username) = ?6 THEN 0 ELSE 1 END),
                  (CASE WHEN EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?5 AND f.target_id = a.id) THEN 0
                        WHEN a.domain = '' THEN 1 ELSE 2 END),
                  COALESCE(a.last_post_at, 0) DESC, a.id
         LIMIT ?7 OFFSET ?8",
        args![
            wanted.username,
            wanted.shown,
            wanted.domain,
            wanted.following,
            wanted.reader.map_or(-1, i64::from),
            wanted.exact,
            wanted.limit,
            wanted.offset
        ],
    )
}

fn profile(actor: &Actor) -> String {
    serde_json::to_string(&actor.profile).unwrap_or_else(|_| "{}".into())
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
