//! `origins`: how strangers from one host, server of repositories or relay were answered here.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Time};

/// What one grant counts.
pub const ONE: i64 = 1_000_000;

/// (grants, refusals), both in millionths.
pub fn standing(origin: &str) -> Query {
    query("SELECT grants, refusals FROM origins WHERE origin = ?1", args![origin])
}

/// An answer to whoever has asked in these scopes and was not answered: to stand before the answer in its write. Counts once an
/// origin, however many scopes.
pub fn answered(member: Id, stranger: Id, scopes: &[&str], grants: i64, refusals: i64, at: Time) -> Change {
    Change::new(
        "INSERT INTO origins (origin, grants, refusals, changed_at)
         SELECT DISTINCT c.origin, CAST(?4 AS BIGINT), CAST(?5 AS BIGINT), CAST(?6 AS BIGINT) FROM contacts c
         WHERE c.member_id = ?1 AND c.stranger_id = ?2 AND c.scope IN {texts ?3} AND c.origin <> ''
           AND c.state IN ('request', 'parked', 'admitted')
         ON CONFLICT (origin) DO UPDATE SET grants = origins.grants + excluded.grants,
           refusals = origins.refusals + excluded.refusals, changed_at = excluded.changed_at",
        args![member, stranger, super::texts(scopes), grants, refusals, at],
    )
}

/// A member turns to somebody whom they had not let in before in that scope: it speaks for that person's host.
pub fn turned_to(member: Id, stranger: Id, scope: &str, grants: i64, at: Time) -> Change {
    Change::new(
        "INSERT INTO origins (origin, grants, refusals, changed_at)
         SELECT 'host:' || a.domain, CAST(?4 AS BIGINT), 0, CAST(?5 AS BIGINT) FROM actors a
         WHERE a.id = ?2 AND a.domain <> '' AND NOT EXISTS
           (SELECT 1 FROM contacts c WHERE c.member_id = ?1 AND c.stranger_id = ?2 AND c.scope = ?3
              AND (c.state = 'granted' OR c.origin <> ''))
         ON CONFLICT (origin) DO UPDATE SET grants = origins.grants + excluded.grants, changed_at = excluded.changed_at",
        args![member, stranger, scope, grants, at],
    )
}

/// Somebody is blocked or reported, whatever had been answered before.
pub fn refused(stranger: Id, member: Id, refusals: i64, at: Time) -> Change {
    Change::new(
        "INSERT INTO origins (origin, grants, refusals, changed_at)
         SELECT DISTINCT c.origin, 0, CAST(?3 AS BIGINT), CAST(?4 AS BIGINT) FROM contacts c
         WHERE c.member_id = ?1 AND c.stranger_id = ?2 AND c.origin <> ''
         ON CONFLICT (origin) DO UPDATE SET refusals = origins.refusals + excluded.refusals,
           changed_at = excluded.changed_at",
        args![member, stranger, refusals, at],
    )
}

/// The same of one origin, however many people of it are meant.
pub fn refuse(origin: &str, refusals: i64, at: Time) -> Change {
    Change::new(
        "INSERT INTO origins (origin, grants, refusals, changed_at) VALUES (?1, 0, ?2, ?3)
         ON CONFLICT (origin) DO UPDATE SET refusals = origins.refusals + excluded.refusals,
           changed_at = excluded.changed_at",
        args![origin, refusals, at],
    )
}

/// What was said fades: to be done once in so many hours. Whoever was not answered since then is forgotten.
pub fn fade(hours: i64, forgotten: Time) -> [Change; 2] {
    [
        // After 60 days about a third is left.
        Change::new(
            "UPDATE origins SET grants = grants - grants * ?1 / 1440, refusals = refusals - refusals * ?1 / 1440
             WHERE changed_at > ?2",
            args![hours, forgotten],
        ),
        Change::new("DELETE FROM origins WHERE changed_at <= ?1", args![forgotten]),
    ]
}
