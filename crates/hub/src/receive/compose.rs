//! From a network's words to the model's: a post that arrived becomes a post here.

use super::{Sent, surroundings::Surroundings};
use crate::{Hub, InMedia, InPost};
use landbridge_model::{
    Id, Media, Network, Post, Quote, QuoteState, RichText, Time, Visibility, richtext::normal_tag,
};
use landbridge_store::{
    Change,
    entities::{
        media::{self, MediaRow},
        mentions, polls,
        posts::{self, Body, PostRow},
        search, tags,
    },
};
use std::time::Duration;

/// Where ids begin to count (2020), with room for what is older: it keeps its order within a month.
const OLDEST: Time = Time(1_577_836_800_000);
const ROOM: i64 = 30 * 86_400_000;
const YEAR_2000: i64 = 946_684_800_000;

impl Hub {
    /// An id for something written elsewhere then.
    pub(crate) fn id_at(&self, at: Time) -> Id {
        if at.0 >= OLDEST.0 + ROOM {
            return self.ids().at(at);
        }
        let share = (at.0 - YEAR_2000).max(0) / ((OLDEST.0 + ROOM - YEAR_2000) / ROOM);
        self.ids().at(Time(OLDEST.0 + share.min(ROOM)))
    }

    /// The post, with a new id.
    pub(super) fn composed(&self, sent: &Sent, post: &InPost, around: &Surroundings) -> Post {
        let id = match visibility_of(sent.network, post) {
            Visibility::Direct => match sent.released {
                Some(released) => self.held_message_id_at(post.published, released.at),
                None => self.message_id_at(post.published),
            },
            _ => self.id_at(post.published),
        };
        let parent = around.parent;
        let mut all_tags = post.text.tags();
        for tag in &post.tags {
            let tag = normal_tag(tag);
            if !tag.is_empty() && !all_tags.contains(&tag) {
                all_tags.push(tag);
            }
        }
        all_tags.truncate(64);
        Post {
            id,
            author: sent.actor.id,
            origin: Some(sent.network),
            kind: post.kind,
            created_at: post.published,
            edited_at: post.updated,
            visibility: visibility_of(sent.network, post),
            title: post.title.clone(),
            text: RichText::new(post.text.text.clone(), post.text.marks.clone()),
            warning: post.warning.clone(),
            sensitive: post.sensitive || post.warning.is_some(),
            languages: post.languages.clone(),
            media: post.media.iter().map(|file| self.remote_media(file)).collect(),
            poll: post.poll.clone(),
            mentions: around.mentions(post),
            tags: all_tags,
            emojis: post.emojis.clone(),
            reply_to: parent.map(|parent| parent.id),
            reply_to_author: parent.map(|parent| parent.author),
            root: parent.or(around.root).map_or(id, |post| post.root),
            quote: post.quote.as_ref().map(|native_id| Quote {
                post: around.quoted.map(|quoted| quoted.id),
                native_id: native_id.clone(),
                state: quote_state(sent, post, around),
            }),
            repost_of: None,
            url: post.url.clone(),
            quote_policy: post.quote_policy,
            reply_policy: post.reply_policy,
            application: None,
            card: post.card.clone(),
            replies: 0,
            reposts: 0,
            likes: 0,
            quotes: 0,
        }
    }

    fn remote_media(&self, file: &InMedia) -> Media {
        Media {
            id: self.ids().next(),
            kind: file.kind,
            mime: file.mime.clone(),
            file: None,
            preview: file.preview_url.clone(),
            remote_url: Some(file.url.clone()),
            description: file.description.clone(),
            meta: file.meta.clone(),
            sensitive: file.sensitive,
        }
    }

    /// When a remote post is swept; `None`: never.
    pub(super) fn kept_until(&self) -> Option<Time> {
        let days = u64::from(self.config().remote_days);
        (days > 0).then(|| Time::now().plus(Duration::from_secs(days * 86_400)))
    }

    /// The same of a post: private messages stay until somebody deletes them.
    pub(super) fn post_kept_until(&self, visibility: Visibility) -> Option<Time> {
        if visibility == Visibility::Direct { None } else { self.kept_until() }
    }

    /// The row of a remote post.
    pub(super) fn remote_row(&self, post: &Post, key: Option<&crate::seal::PostKey>) -> PostRow {
        let body = Body::of(post).bytes();
        let body = match key {
            Some(key) => key.seal("body", &body),
            None => body,
        };
        PostRow::of(post, key.is_some(), body, self.post_kept_until(post.visibility))
    }

    /// Everything of a post but its copies and who is told. `quiet`: see [`side_rows`].
    pub(super) fn remote_rows(
        &self,
        sent: &Sent,
        post: &Post,
        quiet: &[Id],
        key: Option<&crate::seal::PostKey>,
    ) -> Vec<Change> {
        let row = self.remote_row(post, key);
        let language = post.languages.first().map(String::as_str);
        let mut changes = vec![posts::insert(&row, language, !post.media.is_empty())];
        changes.extend(side_rows(sent, post, quiet));
        if let Some(poll) = &post.poll {
            changes.push(polls::insert(post.id, poll, &polls::Tally::of(poll)));
        }
        changes
    }
}

/// Mentions, files, tags, words to search: what an edit replaces as well. `quiet`: members whom the gate has yet to ask
/// whether they read it.
pub(super) fn side_rows(sent: &Sent, post: &Post, quiet: &[Id]) -> Vec<Change> {
    let mut changes = Vec::new();
    let named = post.mentions.iter().map(|mention| mention.actor);
    let named: Vec<Id> = named.filter(|id| !quiet.contains(id)).collect();
    if !named.is_empty() {
        changes.push(mentions::insert(post.id, &named));
    }
    for file in &post.media {
        // Of a sealed post nothing is said outside the sealed body.
        let media = match post.visibility.is_open() {
            true => file.clone(),
            false => Media {
                preview: None,
                remote_url: None,
                description: None,
                meta: Default::default(),
                ..file.clone()
            },
        };
        let row = MediaRow {
            owner: post.author,
            post: Some(post.id),
            media,
            state: 0,
            created_at: post.created_at,
        };
        changes.push(media::insert(&row));
    }
    if post.visibility.is_open() && !post.tags.is_empty() {
        changes.push(tags::insert(post.id, &post.tags));
    }
    // Silence means no.
    if post.visibility == Visibility::Public && sent.actor.profile.indexable {
        changes.push(search::insert(post.id, &crate::publish::searchable(post)));
    }
    changes
}

/// Who may read it, as its network says.
pub(super) fn visibility_of(network: Network, post: &InPost) -> Visibility {
    post.visibility.unwrap_or(narrowest_sensible(network))
}

/// A network that says nothing of visibility has only public things; one that has several and says nothing is not
/// believed to mean everybody.
fn narrowest_sensible(network: Network) -> Visibility {
    match network {
        Network::Nostr | Network::AtProto => Visibility::Public,
        _ => Visibility::Direct,
    }
}

fn quote_state(sent: &Sent, post: &InPost, around: &Surroundings) -> QuoteState {
    let own = around.quoted.is_some_and(|quoted| quoted.author == sent.actor.id);
    match post.quote_free || own || post.quote_stamp.is_some() {
        true => QuoteState::Accepted,
        false => QuoteState::Pending,
    }
}
