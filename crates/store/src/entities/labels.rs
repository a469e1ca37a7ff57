//! `labels`: what labelers say of people and posts; `label_sources`: whose labels count for whom; `label_choices`: what
//! members want of labels.

use crate::{Change, Query, args, query};
use landbridge_model::{Id, Network, Time};

/// Whom labels count for that count for everybody.
pub const EVERYBODY: Id = Id(0);

#[derive(Clone, Debug)]
pub struct LabelRow<'a> {
    pub network: Network,
    pub native_id: &'a str,
    pub source: &'a str,
    pub value: &'a str,
    pub effect: i64,
    pub words: &'a str,
    pub made_at: Time,
    pub expires_at: Option<Time>,
}

/// Of two words of one labeler the later counts.
pub fn put(label: &LabelRow<'_>) -> Change {
    Change::new(
        "INSERT INTO labels (network, native_id, source, value, effect, words, made_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (network, native_id, source, value)
         DO UPDATE SET made_at = excluded.made_at, expires_at = excluded.expires_at
         WHERE excluded.made_at >= labels.made_at",
        args![
            label.network,
            label.native_id,
            label.source,
            label.value,
            label.effect,
            label.words,
            label.made_at,
            label.expires_at
        ],
    )
}

/// It was taken back then.
pub fn negate(network: Network, native_id: &str, source: &str, value: &str, at: Time) -> Change {
    Change::new(
        "DELETE FROM labels WHERE network = ?1 AND native_id = ?2 AND source = ?3 AND value = ?4 AND made_at <= ?5",
        args![network, native_id, source, value, at],
    )
}

/// The reader's choice of a label, of that labeler before that of all.
macro_rules! choice {
    () => {
        "(SELECT x.choice FROM label_choices x WHERE x.member_id = ?2 AND x.network = l.network AND x.value = l.value
            AND x.source IN ('', l.source) ORDER BY x.source DESC LIMIT 1)"
    };
}

/// (post id, effect, words, choice or NULL) of what is said of some posts, to a reader.
pub fn on_posts(ids: &str, reader: Option<Id>, now: Time) -> Query {
    query(
        concat!(
            "SELECT c.object_id, l.effect, l.words, ",
            choice!(),
            " FROM copies c
         JOIN labels l ON l.network = c.network AND l.native_id = c.native_id
         WHERE c.kind = 'post' AND c.object_id IN {ints ?1} AND (l.expires_at IS NULL OR l.expires_at > ?3)
           AND EXISTS (SELECT 1 FROM label_sources s
                       WHERE s.member_id IN (0, ?2) AND s.network = l.network AND s.source = l.source)"
        ),
        args![ids, reader.unwrap_or(EVERYBODY), now],
    )
}

/// (post id, effect, words, choice or NULL) of what is said of the authors of some posts, to a reader.
pub fn on_authors(ids: &str, reader: Option<Id>, now: Time) -> Query {
    query(
        concat!(
            "SELECT p.id, l.effect, l.words, ",
            choice!(),
            " FROM posts p
         JOIN presences r ON r.actor_id = p.author_id
         JOIN labels l ON l.network = r.network AND l.native_id = r.native_id
         WHERE p.id IN {ints ?1} AND (l.expires_at IS NULL OR l.expires_at > ?3)
           AND EXISTS (SELECT 1 FROM label_sources s
                       WHERE s.member_id IN (0, ?2) AND s.network = l.network AND s.source = l.source)"
        ),
        args![ids, reader.unwrap_or(EVERYBODY), now],
    )
}

pub fn expire(now: Time) -> Change {
    Change::new("DELETE FROM labels WHERE expires_at IS NOT NULL AND expires_at <= ?1", args![now])
}

/// Of a labeler the newest so many are kept.
pub fn trim(network: Network, source: &str, most: i64) -> Change {
    Change::new(
        "DELETE FROM labels WHERE network = ?1 AND source = ?2 AND made_at <
           (SELECT l.made_at FROM labels l WHERE l.network = ?1 AND l.source = ?2
            ORDER BY l.made_at DESC LIMIT 1 OFFSET ?3)",
        args![network, source, most],
    )
}

/// Nobody wants to hear of that labeler any more.
pub fn forget(network: Network, source: &str) -> Change {
    Change::new("DELETE FROM labels WHERE network = ?1 AND source = ?2", args![network, source])
}

/// (network, source) of all whose labels count for anybody.
pub fn sources() -> Query {
    query("SELECT DISTINCT network, source FROM label_sources ORDER BY network, source", args![])
}

/// For that member these labelers of a network count, and no others.
pub fn subscribe(member: Id, network: Network, sources: &[String]) -> Vec<Change> {
    let mut changes = vec![Change::new(
        "DELETE FROM label_sources WHERE member_id = ?1 AND network = ?2",
        args![member, network],
    )];
    changes.extend(sources.iter().map(|source| {
        Change::new(
            "INSERT INTO label_sources (member_id, network, source) VALUES (?1, ?2, ?3)
             ON CONFLICT (member_id, network, source) DO NOTHING",
            args![member, network, source],
        )
    }));
    changes
}

/// What that member wants of labels of a network: (source or empty, value, choice), and nothing else.
pub fn choose(member: Id, network: Network, choices: &[(String, String, i64)]) -> Vec<Change> {
    let mut changes = vec![Change::new(
        "DELETE FROM label_choices WHERE member_id = ?1 AND network = ?2",
        args![member, network],
    )];
    changes.extend(choices.iter().map(|(source, value, choice)| {
        Change::new(
            "INSERT INTO label_choices (member_id, network, source, value, choice) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (member_id, network, source, value) DO UPDATE SET choice = excluded.choice",
            args![member, network, source, value, *choice],
        )
    }));
    changes
}
