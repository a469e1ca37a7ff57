//! A changed post. Only by its author, only when newer; earlier versions stay; it never widens who may read it.

use super::{
    Sent, clean, compose::side_rows, halt::Halt, held::ANSWERED, quote, surroundings::Surroundings,
    trail::Trail,
};
use crate::{
    CopyKind, CopyState, Event, EventKind, Hub, InPost, Received, Via, What,
    gate::{Decision, Reason, Scope},
    reading::NotificationKind,
    spread::Reached,
};
use landbridge_model::{Audience, Id, Poll, Post, Quote, QuoteState, Time, Visibility};
use landbridge_store::{
    Change, Write,
    entities::{
        copies::{self, CopyRow},
        edits, media, mentions, polls,
        posts::{self, Body, PostRow},
        search, tags,
    },
};
use std::time::Duration;

/// Earlier versions that are kept.
const HISTORY: i64 = 50;
const TRIES: u32 = 4;
/// Nobody is told of an older post because it was edited.
const NEWS: Duration = Duration::from_secs(2 * 86_400);

impl Hub {
    pub(super) async fn receive_edit(
        &self,
        sent: &Sent,
        mut post: InPost,
        trail: &mut Trail,
    ) -> Result<Received, Halt> {
        clean::post(&mut post)?;
        if post.author != sent.native {
            return Err(Halt::Rule("a post in somebody else's name"));
        }
        for _ in 0..TRIES {
            let known = self.store().row(copies::by_native(sent.network, &post.native_id)).await?;
            let Some(known) = known.map(|mut row| CopyRow::read(&mut row)).transpose()? else {
                // It overtook the post itself, or the post concerned nobody before: then it may be years old.
                let late = post.published < Time::now().minus(NEWS);
                return self.receive_post(&Sent { late, ..sent.clone() }, post, trail).await;
            };
            if CopyState::from_i64(known.state) == CopyState::Deleted || known.kind != CopyKind::Post.key() {
                return Err(Halt::Ignored("deleted"));
            }
            let held = self.post(known.object).await?;
            if held.author != sent.actor.id {
                return Err(Halt::Rule("an edit by somebody else"));
            }
            // Fixed: an edit that calls itself public does not widen what it was sent as.
            post.visibility = Some(held.visibility);
            match self.write_edit(sent, &post, &held, trail).await {
                Err(Halt::Ignored("edited meanwhile" | ANSWERED)) => continue,
                other => return other,
            }
        }
        Err(Halt::Failed(crate::HubError::Busy))
    }

    async fn write_edit(
        &self,
        sent: &Sent,
        new: &InPost,
        held: &Post,
        trail: &mut Trail,
    ) -> Result<Received, Halt> {
        let scope = Scope::of(held.visibility);
        let around = self.surroundings(sent, new, scope, None, trail).await?;
        let mut after = self.composed(sent, new, &around);
        keep_fixed(&mut after, held);
        let mut write = Write::default();
        // Without a date of its own, what arrives last is believed.
        let was = held.edited_at.unwrap_or(held.created_at);
        let (newer, older) = (new.updated.is_none_or(|at| at > was), new.updated.is_some_and(|at| at < was));
        if let (Some(now), Some(before)) = (&after.poll, &held.poll)
            && now != before
        {
            write.push(polls::update(held.id, now, &polls::Tally::of(now)));
        }
        settle_quote(&mut write, sent, new, held, &around);
        if !older {
            write.extend(dropped_quote(sent, new, held));
        }
        if !newer || !is_edit(new, &after, held) {
            write.extend(policies(sent, new, &after, held).filter(|_| !older).into_iter().flatten());
            if write.is_empty() {
                return Err(if newer { Halt::Duplicate } else { Halt::Ignored("older than what is held") });
            }
            self.store().write(write).await?;
            self.tell_edited(held).await?;
            return Ok(Received::Stored(Some(held.id)));
        }
        after.edited_at = Some(new.updated.unwrap_or_else(Time::now));
        let key = match held.visibility.is_open() {
            true => None,
            false => Some(self.post_key(held.id, None).await?),
        };
        let decisions = &around.decisions;
        after.mentions.retain(|mention| !around.keeps_from(mention.actor));
        let parted = self.parted_from(&after).await?;
        after.mentions.retain(|mention| !parted.contains(&mention.actor));
        let quiet = self.unread_by(held, &around.held()).await?;
        let row = PostRow { kept_until: None, ..self.remote_row(&after, key.as_ref()) };
        let language = after.languages.first().map(String::as_str);
        write.push(edits::keep_present(held.id));
        write.push(posts::edit(&row, language, !after.media.is_empty(), held.edited_at));
        write.push(edits::trim(held.id, HISTORY));
        write.push(mentions::delete(held.id));
        write.push(media::delete_of_post(held.id));
        let shown = |url: &Option<String>| after.media.iter().any(|file| file.remote_url == *url);
        let dropped: Vec<_> = held.media.iter().filter(|file| !shown(&file.remote_url)).collect();
        write.extend(self.forget_fetched(dropped.iter().copied()));
        write.push(tags::delete(held.id));
        write.push(search::remove(held.id));
        write.extend(side_rows(sent, &after, &quiet));
        write.extend(poll_rows(held, &after));
        let original = match &key {
            Some(key) => key.seal("original", &sent.original),
            None => sent.original.to_vec(),
        };
        write.push(copies::update(sent.network, &new.native_id, new.version.as_deref(), Some(original)));
        let mut joined = Vec::new();
        if let Some(key) = &key {
            let mut readers = self.readers_here(&after).await?;
            readers.retain(|reader| !quiet.contains(reader));
            write.extend(self.share_post_key(key, &readers).await?);
            readers.retain(|reader| decisions.get(reader) == Some(&Decision::Accept));
            joined = self.joining(&after, readers).await?;
            write.extend(self.conversation_rows(&after, Some(sent.network), &joined, false).await?);
        }
        if sent.via == Via::Delivered {
            let newly = |id: &Id| !held.mentions.iter().any(|mention| mention.actor == *id);
            let named = after.mentions.iter().map(|mention| mention.actor);
            let named = named.filter(|id| newly(id) && decisions.get(id) == Some(&Decision::Accept));
            write.extend(self.tell(NotificationKind::Mention, after.author, named, Some(&after)));
            let asked: Vec<_> = around.held().into_iter().filter(|(id, _)| newly(id)).collect();
            if !asked.is_empty() {
                let what = What::Post(Box::new(new.clone()));
                write.extend(self.hold(sent, scope, &new.native_id, what, &asked).await?);
            }
            let reposters = self.reposters_here(held.id).await?;
            write.extend(self.tell(NotificationKind::Update, after.author, reposters, Some(&after)));
        }
        let written = self.store().write(write).await?;
        if !dropped.is_empty() {
            self.remove_doomed().await;
        }
        self.wake(Reached::read(written)?, None);
        self.wake_conversations(held.id, joined);
        self.tell_edited(held).await?;
        Ok(Received::Stored(Some(held.id)))
    }

    /// Those of some members who are asked first and have not been let to read it before.
    async fn unread_by(&self, held: &Post, asked: &[(Id, Reason)]) -> Result<Vec<Id>, Halt> {
        let mut quiet = Vec::new();
        for (member, _) in asked {
            if self.store().row(mentions::has(held.id, *member)).await?.is_none() {
                quiet.push(*member);
            }
        }
        Ok(quiet)
    }

    async fn tell_edited(&self, post: &Post) -> Result<(), Halt> {
        let members = self.home_members(post.id).await?;
        let public = post.visibility == Visibility::Public;
        self.bus().send(Event { members, public, kind: EventKind::Edited(post.id) });
        Ok(())
    }
}

/// Leave to quote that came by an edit counts from now on.
fn settle_quote(write: &mut Write, sent: &Sent, new: &InPost, held: &Post, around: &Surroundings) {
    if let Some(quote) = &held.quote
        && quote.state == QuoteState::Pending
        && new.quote.as_deref() == Some(quote.native_id.as_str())
        && new.quote_stamp.is_some()
    {
        let quoted = quote.post.or(around.quoted.map(|quoted| quoted.id));
        write.push(posts::accept_quote(held.id, quoted));
        write.extend(quoted.map(|quoted| posts::count_quotes(quoted, 1)));
        write.extend(quote::leave(sent, new, held.id, around));
    }
}

/// A quote that its author shows no longer, since the leave was taken back or what it quotes is gone.
fn dropped_quote(sent: &Sent, new: &InPost, held: &Post) -> Vec<Change> {
    let quote = held.quote.as_ref().filter(|quote| quote.state == QuoteState::Accepted);
    let dropped = new.quote.is_none() && held.origin == Some(sent.network);
    let Some(quote) = quote.filter(|_| dropped) else { return Vec::new() };
    let count = quote.post.map(|quoted| posts::count_quotes(quoted, -1));
    std::iter::once(posts::set_quote(held.id, None, QuoteState::Revoked)).chain(count).collect()
}

/// Who may answer and quote is no part of what was said: it is set without a new version.
fn policies(sent: &Sent, new: &InPost, after: &Post, held: &Post) -> Option<[Change; 2]> {
    let (quote_policy, reply_policy) = (after.quote_policy, after.reply_policy);
    let changed = (quote_policy, reply_policy) != (held.quote_policy, held.reply_policy);
    if !changed || !held.visibility.is_open() || held.origin != Some(sent.network) {
        return None;
    }
    let body = Body::of(&Post { quote_policy, reply_policy, ..held.clone() });
    let original = Some(sent.original.to_vec());
    Some([
        posts::set_body(held.id, body.bytes(), held.edited_at),
        copies::update(sent.network, &new.native_id, new.version.as_deref(), original),
    ])
}

/// What no edit changes.
fn keep_fixed(after: &mut Post, held: &Post) {
    after.id = held.id;
    after.origin = held.origin;
    after.created_at = held.created_at;
    after.visibility = held.visibility;
    after.reply_to = held.reply_to;
    after.reply_to_author = held.reply_to_author;
    after.root = held.root;
    after.quote = held.quote.clone().map(|quote| Quote { ..quote });
}

/// Whether it says something else. What names no date of its own is an edit only when its words are others: servers send
/// posts anew for many reasons.
fn is_edit(new: &InPost, after: &Post, held: &Post) -> bool {
    let words = |post: &Post| {
        let Post { title, text, warning, media, poll, mentions, .. } = said(post);
        let files: Vec<_> = media.into_iter().map(|f| (f.kind, f.remote_url, f.description)).collect();
        (title, text, warning, files, poll, mentions)
    };
    match new.updated {
        Some(_) => said(after) != said(held),
        None => words(after) != words(held),
    }
}

/// What the author says, without what is counted and without ids that are new each time; of a public post also without
/// whom it names beside its text, since that depends on who is known.
fn said(post: &Post) -> Post {
    let mentions = if post.visibility.is_open() { Vec::new() } else { post.mentions.clone() };
    let mut said = Post {
        mentions,
        quote_policy: Audience::default(),
        reply_policy: Audience::default(),
        edited_at: None,
        created_at: Time(0),
        replies: 0,
        reposts: 0,
        likes: 0,
        quotes: 0,
        ..post.clone()
    };
    for file in &mut said.media {
        file.id = Id(0);
    }
    if let Some(poll) = &mut said.poll {
        *poll = rules(poll);
    }
    said
}

/// A poll without its counts and its end, which are no part of the text.
fn rules(poll: &Poll) -> Poll {
    let mut poll = Poll { voters: None, closed: false, ends_at: None, ..poll.clone() };
    poll.options.iter_mut().for_each(|option| option.votes = 0);
    poll
}

/// Other options make another poll.
fn poll_rows(held: &Post, after: &Post) -> Vec<Change> {
    match (&held.poll, &after.poll) {
        (None, Some(poll)) => vec![polls::insert(after.id, poll, &polls::Tally::of(poll))],
        (Some(_), None) => vec![polls::delete(after.id), landbridge_store::entities::votes::delete(after.id)],
        _ => Vec::new(),
    }
}
