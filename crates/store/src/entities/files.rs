//! `files`: who names which file of ours. `doomed_files`: what is to be removed from the disk. `fetched_files`: what was
//! fetched from elsewhere to be shown through us.
//!
//! Files are kept by their content, so several may name one. Whoever lets go of a file dooms it in the same write, unless
//! somebody else still names it; after the commit it is removed from the disk, and then its row here. A crash in between
//! leaves the row, and the next sweep goes on. Nobody takes up a file while it is doomed: its writer puts it down again. And
//! nobody takes up one that moderators have taken down ([`REFUSED`]).

pub use super::decisions::REFUSED;
use crate::{Change, Query, Value, args, query};
use landbridge_model::{Id, Time};

/// Why a write failed: the file is being removed at this very moment.
pub const GOING: &str = "file going";

/// A holder (an attachment, a member) names a file. The write fails as [`GOING`] while that file is doomed, and as
/// [`REFUSED`] when it was taken down.
pub fn hold(holder: Id, name: &str) -> [Change; 3] {
    [
        unless_refused(name),
        Change::forbid("SELECT 1 FROM doomed_files WHERE name = ?1 AND fetched = 0", args![name], GOING),
        Change::new(
            "INSERT INTO files (name, holder) VALUES (?1, ?2) ON CONFLICT (name, holder) DO NOTHING",
            args![name, holder],
        ),
    ]
}

/// A file's name begins with the hash of its content.
fn unless_refused(name: &str) -> Change {
    Change::forbid(
        "SELECT 1 FROM refused_files WHERE hash = substr(CAST(?1 AS TEXT), 1, 64)",
        args![name],
        REFUSED,
    )
}

/// What these holders name is let go; what nobody else names is doomed.
macro_rules! release {
    ($which:literal) => {
        [
            concat!(
                "INSERT INTO doomed_files (name, fetched) SELECT name, 0 FROM files WHERE ",
                $which,
                " ON CONFLICT (name, fetched) DO NOTHING"
            ),
            concat!("DELETE FROM files WHERE ", $which),
        ]
    };
}

/// After [`release`]: somebody else names it.
const SPARE: &str = "DELETE FROM doomed_files WHERE fetched = 0
    AND EXISTS (SELECT 1 FROM files f WHERE f.name = doomed_files.name)";

fn released(statements: [&'static str; 2], args: Vec<Value>) -> Vec<Change> {
    let mut changes: Vec<Change> = statements.iter().map(|sql| Change::new(*sql, args.clone())).collect();
    changes.push(Change::new(SPARE, args![]));
    changes
}

/// One attachment is gone.
pub fn release(holder: Id) -> Vec<Change> {
    released(release!("holder = ?1"), args![holder])
}

/// All blobs of a member's repository are gone. To stand before their rows are removed.
pub fn release_of_blobs(actor: Id) -> Vec<Change> {
    released(release!("holder IN (SELECT b.id FROM atproto_blobs b WHERE b.actor_id = ?1)"), args![actor])
}

/// All attachments of a post are gone. To stand before their rows are removed, as all of these.
pub fn release_of_post(post: Id) -> Vec<Change> {
    released(release!("holder IN (SELECT m.id FROM media m WHERE m.post_id = ?1)"), args![post])
}

/// All attachments of a post but these are gone.
pub fn release_others_of_post(post: Id, kept: &[Id]) -> Vec<Change> {
    released(
        release!("holder IN (SELECT m.id FROM media m WHERE m.post_id = ?1 AND m.id NOT IN {ints ?2})"),
        args![post, super::ints(kept)],
    )
}

/// Everything of an actor is gone.
pub fn release_of_actor(actor: Id) -> Vec<Change> {
    released(
        release!("(holder = ?1 OR holder IN (SELECT m.id FROM media m WHERE m.owner_id = ?1))"),
        args![actor],
    )
}

/// A member's profile names these files and no others.
pub fn hold_only(member: Id, names: &[&str]) -> Vec<Change> {
    let mut changes =
        released(release!("holder = ?1 AND name NOT IN {texts ?2}"), args![member, super::texts(names)]);
    changes.extend(names.iter().flat_map(|name| hold(member, name)));
    changes
}

/// (holder) of whoever names one of these files.
pub fn holders(names: &[String]) -> Query {
    query(
        "SELECT DISTINCT holder FROM files WHERE name IN {texts ?1} ORDER BY holder",
        args![super::texts(names)],
    )
}

/// Nobody names these files any more, whoever did.
pub fn release_named(names: &[String]) -> Vec<Change> {
    released(release!("name IN {texts ?1}"), args![super::texts(names)])
}

/// What was fetched and is one of these files is not to be shown any more.
pub fn release_fetched_named(names: &[String]) -> [Change; 2] {
    [
        Change::new(
            "INSERT INTO doomed_files (name, fetched)
             SELECT f.file, 1 FROM fetched_files f WHERE f.file IN {texts ?1}
             UNION SELECT g.preview, 1 FROM fetched_files g WHERE g.file IN {texts ?1} AND g.preview IS NOT NULL
             ON CONFLICT (name, fetched) DO NOTHING",
            args![super::texts(names)],
        ),
        Change::new("DELETE FROM fetched_files WHERE file IN {texts ?1}", args![super::texts(names)]),
    ]
}

/// (name, fetched) of what is to be removed from the disk.
pub fn doomed(limit: i64) -> Query {
    query("SELECT name, fetched FROM doomed_files LIMIT ?1", args![limit])
}

/// It is off the disk.
pub fn removed(name: &str, fetched: bool) -> Change {
    Change::new("DELETE FROM doomed_files WHERE name = ?1 AND fetched = ?2", args![name, fetched])
}

/// (name) of those among some files of ours that somebody names.
pub fn held(names: &[String]) -> Query {
    query("SELECT DISTINCT name FROM files WHERE name IN {texts ?1}", args![super::texts(names)])
}

/// Dooms a file that was found on the disk, unless somebody names it.
pub fn doom(name: &str) -> Change {
    Change::new(
        "INSERT INTO doomed_files (name, fetched) SELECT CAST(?1 AS TEXT), 0
         WHERE NOT EXISTS (SELECT 1 FROM files f WHERE f.name = CAST(?1 AS TEXT))
         ON CONFLICT (name, fetched) DO NOTHING",
        args![name],
    )
}

/// (file, preview, used_at) of what was fetched from a URL.
pub fn fetched(url_hash: Vec<u8>) -> Query {
    query("SELECT file, preview, used_at FROM fetched_files WHERE url_hash = ?1", args![url_hash])
}

/// It was fetched. Fails as [`GOING`] while one of the files is doomed, and as [`REFUSED`] when it was taken down.
pub fn keep_fetched(url_hash: Vec<u8>, file: &str, preview: Option<&str>, at: Time) -> [Change; 3] {
    [
        unless_refused(file),
        Change::forbid(
            "SELECT 1 FROM doomed_files WHERE fetched = 1 AND (name = ?1 OR name = ?2)",
            args![file, preview],
            GOING,
        ),
        Change::new(
            "INSERT INTO fetched_files (url_hash, file, preview, used_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (url_hash)
             DO UPDATE SET file = excluded.file, preview = excluded.preview, used_at = excluded.used_at",
            args![url_hash, file, preview, at],
        ),
    ]
}

/// It was shown.
pub fn touch_fetched(url_hash: Vec<u8>, at: Time) -> Change {
    Change::new("UPDATE fetched_files SET used_at = ?2 WHERE url_hash = ?1", args![url_hash, at])
}

/// It is not to be shown any more.
pub fn release_fetched(url_hash: Vec<u8>) -> [Change; 3] {
    [
        Change::new(
            "INSERT INTO doomed_files (name, fetched)
             SELECT f.file, 1 FROM fetched_files f WHERE f.url_hash = ?1
             UNION SELECT g.preview, 1 FROM fetched_files g WHERE g.url_hash = ?1 AND g.preview IS NOT NULL
             ON CONFLICT (name, fetched) DO NOTHING",
            args![url_hash.clone()],
        ),
        Change::new("DELETE FROM fetched_files WHERE url_hash = ?1", args![url_hash]),
        Change::new(
            "DELETE FROM doomed_files WHERE fetched = 1
             AND (EXISTS (SELECT 1 FROM fetched_files f WHERE f.file = doomed_files.name)
                  OR EXISTS (SELECT 1 FROM fetched_files f WHERE f.preview = doomed_files.name))",
            args![],
        ),
    ]
}

/// (url_hash) of what was not shown since then.
pub fn unused(before: Time, limit: i64) -> Query {
    query(
        "SELECT url_hash FROM fetched_files WHERE used_at < ?1 ORDER BY used_at LIMIT ?2",
        args![before, limit],
    )
}

/// (name) of those among some fetched files that stand for a URL.
pub fn held_fetched(names: &[String]) -> Query {
    query(
        "SELECT file FROM fetched_files WHERE file IN {texts ?1}
         UNION SELECT preview FROM fetched_files WHERE preview IN {texts ?1}",
        args![super::texts(names)],
    )
}

/// Dooms a fetched file that was found on the disk, unless it stands for a URL.
pub fn doom_fetched(name: &str) -> Change {
    Change::new(
        "INSERT INTO doomed_files (name, fetched) SELECT CAST(?1 AS TEXT), 1
         WHERE NOT EXISTS (SELECT 1 FROM fetched_files f WHERE f.file = CAST(?1 AS TEXT))
           AND NOT EXISTS (SELECT 1 FROM fetched_files f WHERE f.preview = CAST(?1 AS TEXT))
         ON CONFLICT (name, fetched) DO NOTHING",
        args![name],
    )
}
