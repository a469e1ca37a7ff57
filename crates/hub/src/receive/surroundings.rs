//! What a post that arrives stands among: the posts and people it names, and whether anybody here cares.

use super::{Sent, halt::Halt, trail::Trail};
use crate::{
    Hub, InPost, Via,
    gate::{self, Decision, Reason, Scope},
};
use landbridge_model::{Acct, Id, MarkKind, Mention, Network, Visibility};
use landbridge_store::{
    Query, Row, StoreError,
    entities::{copies, follows, presences},
};
use std::{collections::HashMap, ops::Deref};

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

/// What is here of what a post names.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    pub parent: Option<Neighbour>,
    pub root: Option<Neighbour>,
    pub quoted: Option<Neighbour>,
    /// By native id.
    pub people: HashMap<String, Person>,
}

impl Nearby {
    pub fn questions(network: Network, post: &InPost) -> Vec<Query> {
        let (posts, people) = (posts_named(post), people_named(post));
        let mut questions = Vec::with_capacity(2);
        if !people.is_empty() {
            questions.push(presences::people(network, &people));
        }
        if !posts.is_empty() {
            questions.push(copies::posts_named(network, &posts));
        }
        questions
    }

    /// From the answers to [`Nearby::questions`].
    pub fn read(post: &InPost, mut answers: impl Iterator<Item = Vec<Row>>) -> Result<Nearby, StoreError> {
        let mut next = |asked: bool| if asked { answers.next().unwrap_or_default() } else { Vec::new() };
        let mut nearby = Nearby::default();
        for mut row in next(!people_named(post).is_empty()) {
            let domain: String = row.get(3)?;
            let acct =
                Acct { username: row.get(2)?, domain: Some(domain).filter(|domain| !domain.is_empty()) };
            nearby.people.insert(row.get(0)?, Person { id: row.get(1)?, acct, url: row.get(4)? });
        }
        for mut row in next(!posts_named(post).is_empty()) {
            let native_id: String = row.get(0)?;
            let neighbour = Neighbour {
                id: row.get(1)?,
                author: row.get(2)?,
                root: row.get(3)?,
                by_member: row.get(4)?,
                author_followed: row.get(5)?,
            };
            let named = [
                (&post.reply_to, &mut nearby.parent),
                (&post.root, &mut nearby.root),
                (&post.quote, &mut nearby.quoted),
            ];
            for (id, slot) in named {
                if id.as_deref() == Some(native_id.as_str()) {
                    *slot = Some(neighbour);
                }
            }
        }
        Ok(nearby)
    }
}

#[derive(Debug, Default)]
pub(super) struct Surroundings {
    nearby: Nearby,
    /// A member follows the author (or has asked to).
    pub followed: bool,
    /// The gate's word on each of [`Surroundings::members`].
    pub decisions: HashMap<Id, Decision>,
    /// Members who want to be told of every post of its author.
    pub eager: Vec<Id>,
}

impl Deref for Surroundings {
    type Target = Nearby;
    fn deref(&self) -> &Nearby {
        &self.nearby
    }
}

impl Surroundings {
    /// Whether it goes on in a thread that a member has begun, of which what it answers is here.
    pub fn in_members_thread(&self) -> bool {
        self.parent.is_some() && self.root.is_some_and(|root| root.by_member)
    }

    /// Whether a member follows the author, is named, began the thread, or wrote or follows what this answers or quotes.
    pub fn concerns_somebody(&self, via: Via) -> bool {
        let near = |post: Option<Neighbour>| post.is_some_and(|post| post.by_member || post.author_followed);
        via == Via::Fetched
            || self.followed
            || near(self.parent)
            || self.in_members_thread()
            || self.quoted.is_some_and(|post| post.by_member)
            || self.people.values().any(Person::is_member)
    }

    /// Members whom the gate asks first, and why.
    pub fn held(&self) -> Vec<(Id, Reason)> {
        let held = self.decisions.iter().filter_map(|(id, decision)| match decision {
            Decision::Hold(reason) => Some((*id, *reason)),
            _ => None,
        });
        held.collect()
    }

    /// Members whose own rules keep it out, and which.
    pub fn refused(&self) -> Vec<(Id, Reason)> {
        let refused = self.decisions.iter().filter_map(|(id, decision)| match decision {
            Decision::Refuse(reason) => Some((*id, *reason)),
            _ => None,
        });
        refused.collect()
    }

    /// Whether it is not for that member at all.
    pub fn keeps_from(&self, member: Id) -> bool {
        matches!(self.decisions.get(&member), Some(Decision::Drop(_) | Decision::Refuse(_)))
    }

    /// Members whom this wants to reach: whom it is for, and of what is open to all also those whose posts it answers or
    /// quotes.
    pub fn members(&self, post: &InPost) -> Vec<Id> {
        let about = if is_open(post) { [self.parent, self.quoted] } else { [None; 2] };
        let authors = about.into_iter().flatten().filter(|about| about.by_member);
        let mut members: Vec<Id> = authors.map(|about| about.author).collect();
        members.extend(self.people.values().filter(|person| person.is_member()).map(|person| person.id));
        members.sort_unstable();
        members.dedup();
        members
    }

    /// Everyone the post is for and who is known here, in the order of the text.
    pub fn mentions(&self, post: &InPost) -> Vec<Mention> {
        let mut mentions: Vec<Mention> = Vec::new();
        let named = named(post).map(|id| (id, false));
        for (id, silent) in named.chain(addressed(post).map(|id| (id, true))) {
            let Some(person) = self.people.get(id) else { continue };
            if !mentions.iter().any(|mention| mention.actor == person.id) {
                let (acct, url) = (person.acct.to_string(), person.url.clone().unwrap_or_default());
                mentions.push(Mention { actor: person.id, acct, url, silent });
            }
        }
        mentions
    }
}

/// Native ids of those named in the text. A text that is not for everybody is for nobody but those it is addressed to:
/// who is only spoken of in it does not read it, whatever it claims.
fn named(post: &InPost) -> impl Iterator<Item = &str> {
    let open = is_open(post);
    let named = post.text.marks.iter().filter_map(|mark| match &mark.kind {
        MarkKind::Mention { id, .. } if !id.is_empty() => Some(id.as_str()),
        _ => None,
    });
    named.filter(move |id| open || addressed(post).any(|to| to == *id))
}

fn is_open(post: &InPost) -> bool {
    post.visibility.is_none_or(Visibility::is_open)
}

fn addressed(post: &InPost) -> impl Iterator<Item = &str> {
    post.addressed.iter().map(String::as_str)
}

fn people_named(post: &InPost) -> Vec<&str> {
    let mut people: Vec<&str> = named(post).chain(addressed(post)).collect();
    people.sort_unstable();
    people.dedup();
    people.truncate(super::clean::ADDRESSED);
    people
}

fn posts_named(post: &InPost) -> Vec<&str> {
    [&post.reply_to, &post.root, &post.quote].into_iter().flatten().map(String::as_str).collect()
}

impl Hub {
    /// Reads all of it in at most two trips; fetches what is missing once it is known that the post concerns somebody.
    /// `nearby`: as it was read just now.
    pub(super) async fn surroundings(
        &self,
        sent: &Sent,
        post: &InPost,
        scope: Scope,
        nearby: Option<Nearby>,
        trail: &mut Trail,
    ) -> Result<Surroundings, Halt> {
        let nearby = match nearby {
            Some(nearby) => nearby,
            None => self.nearby(sent, post).await?,
        };
        let around = self.look_around(sent, scope, post, nearby).await?;
        if !around.concerns_somebody(sent.via) || !self.still_concerns(sent, &around) {
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
        let is_unknown = |id: &&str| !around.people.contains_key(*id);
        let mut unknown: Vec<&str> = named(post).filter(is_unknown).take(UNKNOWN_PEOPLE).collect();
        // Where a conversation is a set of people, everybody in it must be known.
        if scope == Scope::Private && self.translator(sent.network).is_ok_and(|t| t.has_rooms()) {
            unknown.extend(addressed(post).filter(is_unknown));
        }
        for id in unknown.into_iter().map(str::to_owned).collect::<Vec<_>>() {
            self.actor_somehow(sent.network, &id, trail).await?;
            fetched = true;
        }
        if !fetched {
            return Ok(around);
        }
        self.look_around(sent, scope, post, self.nearby(sent, post).await?).await
    }

    async fn nearby(&self, sent: &Sent, post: &InPost) -> Result<Nearby, Halt> {
        let answers = self.store().all(Nearby::questions(sent.network, post)).await?;
        Ok(Nearby::read(post, answers.into_iter())?)
    }

    /// What lies between its author and the members here.
    async fn look_around(
        &self,
        sent: &Sent,
        scope: Scope,
        post: &InPost,
        nearby: Nearby,
    ) -> Result<Surroundings, Halt> {
        let approach = sent.approach_with(scope, post);
        let mut around = Surroundings { nearby, ..Surroundings::default() };
        let members = around.members(post);
        let mut questions = vec![follows::any_member_following(sent.actor.id), follows::eager(sent.actor.id)];
        if !members.is_empty() {
            questions.push(gate::question(&approach, &members));
        }
        let mut answers = self.store().all(questions).await?.into_iter();
        around.followed = answers.next().is_some_and(|rows| !rows.is_empty());
        for mut row in answers.next().unwrap_or_default() {
            around.eager.push(row.get(0)?);
        }
        let gate = answers.next().unwrap_or_default();
        let weighed = gate::answered(gate, &approach, self.config().gate.new_days)?;
        let words = Some(post.text.text.as_str());
        around.decisions = self.in_turn(sent, scope, words, &post.native_id, weighed).await?;
        Ok(around)
    }
}
