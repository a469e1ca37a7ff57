//! What a post that arrives stands among: the posts and people it names, and whether anybody here cares.

use super::{Sent, halt::Halt, trail::Trail};
use crate::{Hub, InPost, Via};
use landbridge_model::{Acct, Id, MarkKind, Mention};
use landbridge_store::entities::{copies, follows, presences};
use std::collections::HashMap;

/// People named in a text who are unknown here and are asked for, at most.
const UNKNOWN_PEOPLE: usize = 4;

/// A post that is here, as far as others that name it need it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbour {
    pub id: Id,
    pub author: Id,
    pub root: Id,
    pub by_member: bool,
    pub author_followed: bool,
}

/// Somebody named, known here.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub id: Id,
    pub acct: Acct,
    pub url: Option<String>,
}

impl Person {
    pub fn is_member(&self) -> bool {
        self.acct.domain.is_none()
    }
}

#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub parent: Option<Neighbour>,
    pub root: Option<Neighbour>,
    pub quoted: Option<Neighbour>,
    /// By native id.
    pub people: HashMap<String, Person>,
    /// A member follows the author (or has asked to).
    pub followed: bool,
}

impl Surroundings {
    /// Whether a member follows the author, is named, or wrote or follows what this answers or quotes.
    pub fn concerns_somebody(&self, via: Via) -> bool {
        let near = |post: Option<Neighbour>| post.is_some_and(|post| post.by_member || post.author_followed);
        via == Via::Fetched
            || self.followed
            || near(self.parent)
            || self.quoted.is_some_and(|post| post.by_member)
            || self.people.values().any(Person::is_member)
    }

    /// Members whom this wants to reach.
    pub fn members(&self) -> Vec<Id> {
        let authors = [self.parent, self.quoted].into_iter().flatten().filter(|post| post.by_member);
        let mut members: Vec<Id> = authors.map(|post| post.author).collect();
        members.extend(self.people.values().filter(|person| person.is_member()).map(|person| person.id));
        members.sort_unstable();
        members.dedup();
        members
    }

    /// Everyone the post names or addresses and who is known here, in the order of the text.
    pub fn mentions(&self, post: &InPost) -> Vec<Mention> {
        let mut mentions: Vec<Mention> = Vec::new();
        let named = named(post).map(|id| (id, false));
        for (id, silent) in named.chain(post.addressed.iter().map(|id| (id.as_str(), true))) {
            let Some(person) = self.people.get(id) else { continue };
            if !mentions.iter().any(|mention| mention.actor == person.id) {
                let (acct, url) = (person.acct.to_string(), person.url.clone().unwrap_or_default());
                mentions.push(Mention { actor: person.id, acct, url, silent });
            }
        }
        mentions
    }
}

/// Native ids of those named in the text.
fn named(post: &InPost) -> impl Iterator<Item = &str> {
    post.text.marks.iter().filter_map(|mark| match &mark.kind {
        MarkKind::Mention { id, .. } if !id.is_empty() => Some(id.as_str()),
        _ => None,
    })
}

impl Hub {
    /// Reads all of it in one trip; fetches what is missing once it is known that the post concerns somebody.
    pub(super) async fn surroundings(
        &self,
        sent: &Sent,
        post: &InPost,
        trail: &mut Trail,
    ) -> Result<Surroundings, Halt> {
        let mut around = self.look_around(sent, post).await?;
        if !around.concerns_somebody(sent.via) {
            return Ok(around);
        }
        let mut fetched = false;
        for (id, missing) in
            [(&post.reply_to, around.parent.is_none()), (&post.quote, around.quoted.is_none())]
        {
            if let Some(id) = id
                && missing
            {
                self.fetch_thing(sent.network, id, false, trail).await?;
                fetched = true;
            }
        }
        let unknown = named(post).filter(|id| !around.people.contains_key(*id)).take(UNKNOWN_PEOPLE);
        for id in unknown.map(str::to_owned).collect::<Vec<_>>() {
            self.actor_somehow(sent.network, &id, trail).await?;
            fetched = true;
        }
        if fetched {
            around = self.look_around(sent, post).await?;
        }
        Ok(around)
    }

    async fn look_around(&self, sent: &Sent, post: &InPost) -> Result<Surroundings, Halt> {
        let posts: Vec<&str> =
            [&post.reply_to, &post.root, &post.quote].into_iter().flatten().map(String::as_str).collect();
        let mut people: Vec<&str> = named(post).collect();
        people.extend(post.addressed.iter().map(String::as_str));
        people.sort_unstable();
        people.dedup();
        people.truncate(super::clean::ADDRESSED);
        let mut questions = vec![follows::any_member_following(sent.actor.id)];
        if !people.is_empty() {
            questions.push(presences::people(sent.network, &people));
        }
        if !posts.is_empty() {
            questions.push(copies::posts_named(sent.network, &posts));
        }
        let mut answers = self.store().all(questions).await?.into_iter();
        let mut next = |asked: bool| if asked { answers.next().unwrap_or_default() } else { Vec::new() };
        let mut around = Surroundings { followed: !next(true).is_empty(), ..Surroundings::default() };
        for mut row in next(!people.is_empty()) {
            let domain: String = row.get(3)?;
            let acct =
                Acct { username: row.get(2)?, domain: Some(domain).filter(|domain| !domain.is_empty()) };
            around.people.insert(row.get(0)?, Person { id: row.get(1)?, acct, url: row.get(4)? });
        }
        for mut row in next(!posts.is_empty()) {
            let native_id: String = row.get(0)?;
            let neighbour = Neighbour {
                id: row.get(1)?,
                author: row.get(2)?,
                root: row.get(3)?,
                by_member: row.get(4)?,
                author_followed: row.get(5)?,
            };
            let named = [
                (&post.reply_to, &mut around.parent),
                (&post.root, &mut around.root),
                (&post.quote, &mut around.quoted),
            ];
            for (id, slot) in named {
                if id.as_deref() == Some(native_id.as_str()) {
                    *slot = Some(neighbour);
                }
            }
        }
        Ok(around)
    }
}
