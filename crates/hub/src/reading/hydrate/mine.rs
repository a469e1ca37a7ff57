//! The reader's own relation to a page of posts and their authors.

use crate::Marks;
use landbridge_model::{Actor, Id, Post, Time};
use landbridge_store::{
    Query, Row, StoreError,
    entities::{blocks, relations, votes},
};
use std::collections::{HashMap, HashSet};

/// What the reader has done to these posts and people. Empty for a stranger.
#[derive(Default)]
pub(super) struct Mine {
    with: HashMap<Id, With>,
    marks: HashMap<Id, Marks>,
    addressed: HashSet<Id>,
    /// Posts and people in them.
    unwanted: HashSet<(Id, Id)>,
    domains: Vec<String>,
}

/// The reader and one author.
#[derive(Clone, Copy, Default)]
pub(super) struct With {
    pub following: bool,
    pub blocking: bool,
    pub blocked_by: bool,
    pub muting: bool,
}

/// The questions, in the order in which [`Mine::read`] takes the answers.
pub(super) fn questions(reader: Id, posts: &str, authors: &[Id]) -> Vec<Query> {
    let now = Time::now();
    vec![
        relations::with_authors(reader, authors, now),
        relations::with_posts(reader, posts),
        relations::unwanted_in(reader, posts, now),
        votes::by(reader, posts),
        blocks::domains(reader),
    ]
}

impl Mine {
    pub(super) fn read(answers: Vec<Vec<Row>>) -> Result<Mine, StoreError> {
        let mut mine = Mine::default();
        let mut answers = answers.into_iter();
        for mut row in answers.next().unwrap_or_default() {
            let with = With {
                following: row.get(1)?,
                blocking: row.get(2)?,
                blocked_by: row.get(3)?,
                muting: row.get(4)?,
            };
            mine.with.insert(row.get(0)?, with);
        }
        for mut row in answers.next().unwrap_or_default() {
            let id = row.get(0)?;
            let marks = Marks {
                liked: row.get(1)?,
                reposted: row.get(2)?,
                bookmarked: row.get(3)?,
                pinned: row.get(4)?,
                muted: row.get(5)?,
                ..Marks::default()
            };
            if row.get(6)? {
                mine.addressed.insert(id);
            }
            mine.marks.insert(id, marks);
        }
        for mut row in answers.next().unwrap_or_default() {
            mine.unwanted.insert((row.get(0)?, row.get(1)?));
        }
        for mut row in answers.next().unwrap_or_default() {
            let (id, choice): (Id, i64) = (row.get(0)?, row.get(1)?);
            let marks = mine.marks.entry(id).or_default();
            marks.voted = true;
            marks.votes |= u32::try_from(choice).ok().and_then(|c| 1u64.checked_shl(c)).unwrap_or(0);
        }
        for mut row in answers.next().unwrap_or_default() {
            mine.domains.push(row.get(0)?);
        }
        Ok(mine)
    }

    pub(super) fn with(&self, author: Id) -> With {
        self.with.get(&author).copied().unwrap_or_default()
    }

    pub(super) fn marks(&self, post: Id) -> Marks {
        self.marks.get(&post).copied().unwrap_or_default()
    }

    /// The post names the reader.
    pub(super) fn addressed(&self, post: Id) -> bool {
        self.addressed.contains(&post)
    }

    /// The post names somebody whom the reader has muted or blocked. Who is only among those that it goes to, as everybody
    /// in a thread may be, is not named.
    pub(super) fn names_unwanted(&self, post: &Post) -> bool {
        let mut named = post.mentions.iter().filter(|mention| !mention.silent);
        !self.unwanted.is_empty() && named.any(|mention| self.unwanted.contains(&(post.id, mention.actor)))
    }

    pub(super) fn domain_blocked(&self, author: &Actor) -> bool {
        author
            .domain
            .as_ref()
            .is_some_and(|d| self.domains.iter().any(|b| d == b || d.ends_with(&format!(".{b}"))))
    }
}
