//! `polls`: when a poll ends and what a remote author last said of its counts. Titles stand in the post's body, which
//! may be sealed; votes that arrived here stand in `votes`.

use crate::{Change, Query, Row, StoreError, args, query};
use landbridge_model::{Id, Poll, Time};
use serde::{Deserialize, Serialize};

/// Counts as last said by the poll's author elsewhere; all zero for a poll of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    pub votes: Vec<u64>,
    pub voters: Option<u64>,
}

impl Tally {
    pub fn of(poll: &Poll) -> Tally {
        Tally { votes: poll.options.iter().map(|option| option.votes).collect(), voters: poll.voters }
    }
}

#[derive(Clone, Debug)]
pub struct PollRow {
    pub post: Id,
    pub tally: Tally,
    pub ends_at: Option<Time>,
    pub closed: bool,
}

impl PollRow {
    pub fn read(row: &mut Row) -> Result<PollRow, StoreError> {
        Ok(PollRow {
            post: row.get(0)?,
            tally: serde_json::from_str(&row.get::<String>(1)?).unwrap_or_default(),
            ends_at: row.get(2)?,
            closed: row.get(3)?,
        })
    }

    /// Puts the present state into a poll from a body. `here`: votes received here, by option; they count for polls
    /// of ours only, since a remote author's counts have them already.
    pub fn apply(&self, poll: &mut Poll, here: Option<(&[u64], u64)>) {
        poll.closed = self.closed;
        poll.ends_at = self.ends_at;
        for (n, option) in poll.options.iter_mut().enumerate() {
            let said = self.tally.votes.get(n).copied().unwrap_or(0);
            option.votes = said + here.and_then(|(votes, _)| votes.get(n).copied()).unwrap_or(0);
        }
        poll.voters = match here {
            Some((_, voters)) => Some(self.tally.voters.unwrap_or(0) + voters),
            None => self.tally.voters,
        };
    }
}

pub fn of_posts<'a>(posts: impl IntoIterator<Item = &'a Id>) -> Query {
    query(
        "SELECT post_id, poll, ends_at, closed FROM polls WHERE post_id IN {ints ?1}",
        args![super::ints(posts)],
    )
}

pub fn insert(post: Id, poll: &Poll, tally: &Tally) -> Change {
    Change::new(
        "INSERT INTO polls (post_id, poll, ends_at, closed) VALUES (?1, ?2, ?3, ?4)",
        args![post, serde_json::to_string(tally).unwrap_or_default(), poll.ends_at, poll.closed],
    )
}

/// What the author says now. A closed poll stays closed.
pub fn update(post: Id, poll: &Poll, tally: &Tally) -> Change {
    Change::new(
        "UPDATE polls SET poll = ?2, ends_at = ?3, closed = CASE WHEN closed = 1 THEN 1 ELSE ?4 END WHERE post_id = ?1",
        args![post, serde_json::to_string(tally).unwrap_or_default(), poll.ends_at, poll.closed],
    )
}

pub fn delete(post: Id) -> Change {
    Change::new("DELETE FROM polls WHERE post_id = ?1", args![post])
}

/// (post_id) of polls whose end has come.
pub fn due(now: Time, limit: i64) -> Query {
    query(
        "SELECT post_id FROM polls WHERE closed = 0 AND ends_at IS NOT NULL AND ends_at <= ?1 ORDER BY ends_at LIMIT ?2",
        args![now, limit],
    )
}

/// Closes a poll; fails when it was closed before: only one closes it.
pub fn close(post: Id) -> Change {
    Change::new("UPDATE polls SET closed = 1 WHERE post_id = ?1 AND closed = 0", args![post])
        .or_fail("closed")
}

/// The poll must take a vote: it is open, or it has ended, but after `cast`.
pub fn require_open_at(post: Id, cast: Time, now: Time) -> Change {
    Change::require(
        "SELECT 1 FROM polls WHERE post_id = ?1
         AND ((closed = 0 AND (ends_at IS NULL OR ends_at > ?2)) OR (ends_at <= ?2 AND ends_at > ?3))",
        args![post, now, cast],
        "poll is over",
    )
}

/// The poll must take votes now.
pub fn require_open(post: Id, now: Time) -> Change {
    Change::require(
        "SELECT 1 FROM polls WHERE post_id = ?1 AND closed = 0 AND (ends_at IS NULL OR ends_at > ?2)",
        args![post, now],
        "poll is over",
    )
}
