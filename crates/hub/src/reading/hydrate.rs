//! Many posts at once, with everything that is shown beside them: two trips to the store for a whole page.
//!
//! The first reads the posts with what they repost and quote; the second everything about all of those: authors, poll
//! counts, copies, and the reader's own relation to them.

mod context;
mod mine;

use crate::{Hub, HubError, PostView, labels::Labelled};
use context::Context;
use futures_util::future::BoxFuture;
use landbridge_model::{Actor, ActorState, Id, Post, Quote, QuoteState, Visibility};
use landbridge_store::{
    Query, Row,
    entities::{
        polls::{self, PollRow},
        posts::{self, Body, PostRow},
        votes,
    },
};
use std::collections::HashMap;

/// What is left out beside that which the reader may not see at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Nothing: the reader asks for these very posts.
    Nothing,
    /// On somebody's profile: reposts of whom the reader has muted or blocked.
    Profile,
    /// Whoever the reader has muted or blocked.
    Thread,
    /// And what names them.
    Home,
    /// And whoever is limited here, unless followed.
    Public,
}

impl Hub {
    /// Posts by id, in the order asked, as the reader may see them; others are left out.
    // Boxed: see `Store::read`.
    pub(crate) fn hydrate<'a>(
        &'a self,
        ids: &'a [Id],
        reader: Option<Id>,
        filter: Filter,
    ) -> BoxFuture<'a, Result<Vec<PostView>, HubError>> {
        Box::pin(self.hydrated(ids, reader, filter))
    }

    async fn hydrated(
        &self,
        ids: &[Id],
        reader: Option<Id>,
        filter: Filter,
    ) -> Result<Vec<PostView>, HubError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.store().rows(posts::with_targets(ids)).await?;
        let mut found: HashMap<Id, PostRow> = HashMap::with_capacity(rows.len());
        for mut row in rows {
            let row = PostRow::read(&mut row)?;
            found.insert(row.id, row);
        }
        let context = Context::read(self, &found, reader).await?;
        let labels = self.labels_on(&found.keys().copied().collect::<Vec<_>>(), reader).await?;
        let mut page =
            Page { hub: self, context, posts: HashMap::with_capacity(found.len()), labels, filter, reader };
        for (id, row) in found {
            if let Some(post) = page.context.open(self, row, reader).await? {
                page.posts.insert(id, post);
            }
        }
        self.put_cards(&mut page.posts).await?;
        Ok(ids.iter().filter_map(|id| page.view(*id, Depth::Listed)).collect())
    }

    /// Posts by id as they are stored, in the order asked.
    pub(crate) async fn load_posts(&self, ids: &[Id]) -> Result<Vec<Post>, HubError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut questions = vec![posts::by_ids(ids)];
        questions.extend(Counts::questions(ids));
        let mut answers = self.store().all(questions).await?.into_iter();
        let mut next = || answers.next().unwrap_or_default();
        let rows = next();
        let counts = Counts::read([next(), next(), next()])?;
        let mut found = HashMap::with_capacity(ids.len());
        for mut row in rows {
            let row = PostRow::read(&mut row)?;
            let body = if row.sealed {
                self.post_key(row.id, None).await?.open("body", &row.body)?
            } else {
                row.body.clone()
            };
            let body = Body::read(&body).ok_or(HubError::Damaged("a post's body cannot be read"))?;
            found.insert(row.id, counts.fill(row.into_post(body)));
        }
        Ok(ids.iter().filter_map(|id| found.get(id).cloned()).collect())
    }
}

/// Present counts of polls.
#[derive(Default)]
struct Counts {
    rows: HashMap<Id, PollRow>,
    /// Votes that arrived here, by option.
    cast: HashMap<Id, Vec<u64>>,
    voters: HashMap<Id, u64>,
}

impl Counts {
    fn questions(ids: &[Id]) -> [Query; 3] {
        [polls::of_posts(ids), votes::counts(ids), votes::voters(ids)]
    }

    /// From the answers to [`Counts::questions`].
    fn read([rows, cast, voters]: [Vec<Row>; 3]) -> Result<Counts, HubError> {
        let mut counts = Counts::default();
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        for mut row in rows {
            let row = PollRow::read(&mut row)?;
            counts.rows.insert(row.post, row);
        }
        for mut row in cast {
            let (post, choice, n): (Id, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let votes = counts.cast.entry(post).or_default();
            let choice = usize::try_from(choice).unwrap_or(0).min(64);
            votes.resize(votes.len().max(choice + 1), 0);
            if let Some(slot) = votes.get_mut(choice) {
                *slot = number(n);
            }
        }
        for mut row in voters {
            counts.voters.insert(row.get(0)?, number(row.get(1)?));
        }
        Ok(counts)
    }

    fn fill(&self, mut post: Post) -> Post {
        if let (Some(poll), Some(row)) = (&mut post.poll, self.rows.get(&post.id)) {
            let cast = self.cast.get(&post.id).map_or(&[][..], Vec::as_slice);
            let voters = self.voters.get(&post.id).copied().unwrap_or(0);
            row.apply(poll, post.origin.is_none().then_some((cast, voters)));
        }
        post
    }
}

/// Whether a post stands in the list itself or inside another.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    Listed,
    Reposted,
    Quoted,
}

/// All that was read for one page.
struct Page<'a> {
    hub: &'a Hub,
    context: Context,
    posts: HashMap<Id, Post>,
    labels: HashMap<Id, Labelled>,
    filter: Filter,
    reader: Option<Id>,
}

impl Page<'_> {
    fn view(&self, id: Id, depth: Depth) -> Option<PostView> {
        let post = self.posts.get(&id)?;
        let author = self.context.actors.get(&post.author)?;
        if !self.may_see(post, author) || self.unwanted(post, author, depth) {
            return None;
        }
        let repost = match (post.repost_of, depth) {
            (None, _) => None,
            // A repost of what the reader may not see is nothing.
            (Some(target), Depth::Listed) => Some(Box::new(self.view(target, Depth::Reposted)?)),
            (Some(_), _) => return None,
        };
        // What its author has taken back, or never allowed, is not shown inside another.
        let kept = |quote: &&Quote| matches!(quote.state, QuoteState::Accepted | QuoteState::Pending);
        let quoted = post.quote.as_ref().filter(kept).and_then(|q| q.post).filter(|_| depth != Depth::Quoted);
        let quote = quoted.and_then(|id| self.view(id, Depth::Quoted)).map(Box::new);
        let mut shown = post.clone();
        if let Some(labelled) = self.labels.get(&id).filter(|_| self.reader != Some(post.author)) {
            labelled.cover(&mut shown);
        }
        let (uri, url, networks) = self.context.places(self.hub, post, author);
        Some(PostView {
            marks: self.context.mine.marks(id),
            post: shown,
            author: author.clone(),
            uri,
            url,
            networks,
            repost,
            quote,
        })
    }

    fn may_see(&self, post: &Post, author: &Actor) -> bool {
        let own = self.reader == Some(post.author);
        let gone =
            matches!(author.state, ActorState::Suspended | ActorState::Deleted | ActorState::Deactivated);
        let with = self.context.mine.with(post.author);
        let visible = match post.visibility {
            Visibility::Public | Visibility::Unlisted => true,
            Visibility::Followers => with.following || self.context.mine.addressed(post.id),
            Visibility::Direct => self.context.mine.addressed(post.id),
        };
        let shy = author.profile.members_only
            || author.profile.unlisted_members_only && post.visibility == Visibility::Unlisted;
        let labelled = self.labels.get(&post.id);
        let shy = shy || labelled.is_some_and(|labelled| labelled.signed_in);
        let hidden = shy && self.reader.is_none() || labelled.is_some_and(|labelled| labelled.hidden);
        if self.context.is_hidden(post.id) {
            return false;
        }
        own || (!gone && !hidden && !with.blocked_by && visible && !self.context.blocked_here(author))
    }

    fn unwanted(&self, post: &Post, author: &Actor, depth: Depth) -> bool {
        let with = self.context.mine.with(author.id);
        let hidden = with.blocking || with.muting || self.context.mine.domain_blocked(author);
        let limited =
            !with.following && (author.state == ActorState::Limited || self.context.limited_here(author));
        let about = self.context.mine.names_unwanted(post);
        match (self.filter, depth) {
            _ if self.reader == Some(author.id) => false,
            (_, Depth::Quoted) => hidden,
            (Filter::Nothing, _) | (Filter::Profile, Depth::Listed) => false,
            (Filter::Profile | Filter::Thread, _) => hidden,
            (Filter::Home, _) => hidden || about,
            (Filter::Public, _) => hidden || about || limited,
        }
    }
}
