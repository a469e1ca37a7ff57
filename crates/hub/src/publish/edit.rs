//! A changed post. Visibility, reply parent and quote stay as they were: an edit never widens reach.

use super::{Commit, Reach};
use crate::{
    ActKind, CopyKind, Draft, Event, EventKind, Hub, HubError, Origin,
    gate::{Deed, Kept},
    reading::NotificationKind,
};
use landbridge_model::{Id, LinkCard, MarkKind, Mention, Network, Post, Time, Visibility};
use landbridge_store::entities::{edits, files, media, mentions, polls, posts, search, tags, votes};

/// Earlier versions that are kept.
const HISTORY: i64 = 100;

impl Hub {
    /// Gives the post another form, on every network where it is. One that is saved as it was stays as it is, and nobody is
    /// told.
    pub async fn edit(
        &self,
        member: Id,
        post: Id,
        draft: Draft,
        origin: Option<Origin>,
    ) -> Result<Post, HubError> {
        super::asking(|| Box::pin(self.edit_once(member, post, draft.clone(), origin.clone()))).await
    }

    async fn edit_once(
        &self,
        member: Id,
        post: Id,
        draft: Draft,
        origin: Option<Origin>,
    ) -> Result<Post, HubError> {
        let author = self.acting(member).await?;
        let before = self.own(member, post).await?;
        if before.repost_of.is_some() {
            return Err(HubError::invalid("a repost has nothing to edit"));
        }
        let brought = super::brought(origin.as_ref()).is_some();
        let mut after = self.edited(&author, &before, &draft).await?;
        // An original of a network is taken in whatever it changes: its copy is another one.
        if origin.is_none() && same(&before, &after) {
            return Ok(before);
        }
        let parted = self.parted_from(&after).await?;
        after.mentions.retain(|mention| !parted.contains(&mention.actor));
        if brought {
            after.edited_at = before.edited_at;
        }
        let reach: Vec<Network> =
            self.copies(CopyKind::Post, post).await?.into_iter().map(|copy| copy.network).collect();
        self.ready_card_for(&after, &reach, origin.as_ref()).await;
        let key = match before.visibility.is_open() {
            true => None,
            false => Some(self.post_key(post, None).await?),
        };
        let language = after.languages.first().map(String::as_str);
        let row = super::row(&after, key.as_ref());
        let edit = posts::edit(&row, language, !after.media.is_empty(), before.edited_at);
        let mut changes = match brought {
            // What was known of it from afar was no version of the member's.
            true => vec![edit],
            false => vec![edits::keep_present(post), edit, edits::trim(post, HISTORY)],
        };
        changes.push(mentions::delete(post));
        let named: Vec<Id> = after.mentions.iter().map(|m| m.actor).collect();
        if !named.is_empty() {
            changes.push(mentions::insert(post, &named));
        }
        // What is taken off is gone, from earlier versions too.
        let kept: Vec<Id> = after.media.iter().map(|m| m.id).collect();
        let dropped = before.media.iter().any(|m| !kept.contains(&m.id));
        if dropped {
            changes.extend(files::release_others_of_post(post, &kept));
            changes.push(media::keep_only(post, &kept));
        }
        changes.extend(after.media.iter().map(|m| media::attach(m.id, member, post)));
        changes.extend(after.media.iter().map(|m| media::update(member, m, 0)));
        if after.visibility.is_open() {
            changes.push(tags::delete(post));
            changes.push(tags::insert(post, &after.tags));
        }
        if after.visibility == Visibility::Public {
            changes.extend(search::put(post, &super::searchable(&after)));
        }
        changes.extend(self.poll_changes(&before, &after));
        let newly_named = |m: &&Mention| !before.mentions.iter().any(|b| b.actor == m.actor);
        let mut newly: Vec<Id> = after.mentions.iter().filter(newly_named).map(|m| m.actor).collect();
        let kept = match brought {
            true => Kept::default(),
            false => self.ask_here(&author, Deed::mention(&after), &newly).await?,
        };
        newly.retain(|id| !kept.from.contains(id));
        changes.extend(kept.changes);
        let mut joined = Vec::new();
        if let Some(key) = &key {
            let readers = self.readers_of_edited(&before, &after, &kept.from).await?;
            changes.extend(self.share_post_key(key, &readers).await?);
            joined = self.joining(&after, readers).await?;
            let network = reach.first().copied();
            changes.extend(self.conversation_rows(&after, network, &joined, false).await?);
        }
        if !brought {
            changes.extend(self.tell(NotificationKind::Mention, member, newly, Some(&after)));
            let reposters = self.reposters_here(post).await?;
            changes.extend(self.tell(NotificationKind::Update, member, reposters, Some(&after)));
        }
        let kind = ActKind::Edit(after.clone());
        let reach = Reach::Copies(CopyKind::Post, post);
        let reached = self
            .commit_all(Commit { member: &author, kind, origin, reach, changes, key: key.as_ref() })
            .await?;
        if dropped {
            self.remove_doomed().await;
        }
        if brought {
            return Ok(after);
        }
        self.wake(reached, None);
        self.wake_conversations(post, joined);
        let members = self.home_members(post).await?;
        let public = after.visibility == Visibility::Public;
        self.bus().send(Event { members, public, kind: EventKind::Edited(post) });
        Ok(after)
    }

    async fn edited(
        &self,
        author: &landbridge_model::Actor,
        before: &Post,
        draft: &Draft,
    ) -> Result<Post, HubError> {
        let mut text = match &draft.rich {
            Some(rich) => rich.clone(),
            // Plain words cannot say what an app has marked: while they stay the same, so do the marks.
            None if draft.text == before.text.text => before.text.clone(),
            None => landbridge_model::richtext::compose(&draft.text),
        };
        let warning = draft.warning.as_deref().map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned);
        super::text::check_length(&text, warning.as_deref(), self.config().limits.characters)?;
        if text.is_empty() && draft.media.is_empty() && draft.poll.is_none() && before.quote.is_none() {
            return Err(HubError::invalid("a post needs a text, a picture or a poll"));
        }
        let parent = match before.reply_to {
            Some(parent) => self.post(parent).await.ok(),
            None => None,
        };
        let mut mentions = self.resolve_mentions(author, &mut text, parent.as_ref()).await?;
        // A message stays with whom it was sent to, whether its text names them or not.
        if before.visibility == Visibility::Direct {
            let named: Vec<Id> = mentions.iter().map(|mention| mention.actor).collect();
            let others = before.mentions.iter().filter(|mention| !named.contains(&mention.actor));
            mentions.extend(others.map(|mention| Mention { silent: true, ..mention.clone() }));
        }
        let poll = match (&draft.poll, &before.poll) {
            (Some(poll), _) => Some(self.check_poll(poll, !draft.media.is_empty())?),
            (None, _) => None,
        };
        let card = draft.card.clone().or_else(|| before.card.clone().filter(|card| links_to(&text, card)));
        Ok(Post {
            card,
            title: draft.title.clone().or_else(|| before.title.clone()),
            tags: text.tags(),
            text,
            sensitive: draft.sensitive || warning.is_some(),
            warning,
            languages: if draft.languages.is_empty() {
                before.languages.clone()
            } else {
                draft.languages.clone()
            },
            media: self.draft_media(draft, before.id).await?,
            poll: keep_unchanged(poll, before),
            mentions,
            edited_at: Some(Time(Time::now().0.max(before.edited_at.unwrap_or(before.created_at).0 + 1))),
            quote_policy: draft.quote_policy.unwrap_or(before.quote_policy),
            ..before.clone()
        })
    }

    /// Who may read an edited post that is sealed.
    async fn readers_of_edited(
        &self,
        before: &Post,
        after: &Post,
        kept_from: &[Id],
    ) -> Result<Vec<Id>, HubError> {
        let held = self.key_holders(after.id).await?;
        let mut readers: Vec<Id> = self.readers_here(after).await?;
        // Who was named before and holds no key was kept from it by the gate.
        let named_before = |id: &Id| before.mentions.iter().any(|mention| mention.actor == *id);
        readers.retain(|id| held.contains(id) || !(named_before(id) || kept_from.contains(id)));
        Ok(readers)
    }

    /// New options start the votes anew.
    fn poll_changes(&self, before: &Post, after: &Post) -> Vec<landbridge_store::Change> {
        let empty = polls::Tally::default();
        match (&before.poll, &after.poll) {
            (Some(old), Some(new)) if old == new => Vec::new(),
            (Some(_), Some(new)) => vec![votes::delete(after.id), polls::update(after.id, new, &empty)],
            (None, Some(new)) => vec![polls::insert(after.id, new, &empty)],
            (Some(_), None) => vec![votes::delete(after.id), polls::delete(after.id)],
            (None, None) => Vec::new(),
        }
    }
}

/// Whether readers would see no difference.
fn same(before: &Post, after: &Post) -> bool {
    let parts = |post: &Post| {
        let files = post.media.iter().map(|file| (file.id, file.description.clone(), file.meta.focus));
        (files.collect::<Vec<_>>(), post.sensitive, post.quote_policy)
    };
    before.text == after.text
        && before.title == after.title
        && before.warning == after.warning
        && before.languages == after.languages
        && before.poll == after.poll
        && before.card == after.card
        && parts(before) == parts(after)
}

fn links_to(text: &landbridge_model::RichText, card: &LinkCard) -> bool {
    text.marks.iter().any(|mark| matches!(&mark.kind, MarkKind::Link { url } if *url == card.url))
}

/// An edit that repeats the same options leaves the poll as it runs.
fn keep_unchanged(new: Option<landbridge_model::Poll>, before: &Post) -> Option<landbridge_model::Poll> {
    let titles =
        |poll: &landbridge_model::Poll| poll.options.iter().map(|o| o.title.clone()).collect::<Vec<_>>();
    match (new, &before.poll) {
        (Some(new), Some(old)) if titles(&new) == titles(old) && new.multiple == old.multiple => {
            Some(old.clone())
        }
        (new, _) => new,
    }
}
