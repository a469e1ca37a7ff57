//! A new post.

use super::commit::{Commit, Reach};
use crate::{
    ActKind, CopyKind, CopyState, Draft, DraftPoll, Hub, HubError, Mode, Origin, Translator,
    accounts::Member,
    gate::{Deed, Kept, Reason, Scope},
    reading::NotificationKind,
    seal::PostKey,
};
use landbridge_model::{
    Actor, Audience, Id, Media, Network, Poll, PollOption, Post, PostKind, PresenceState, Quote, QuoteState,
    RichText, Time, Visibility,
};
use landbridge_store::{
    Change,
    entities::{
        idempotency, media, mentions, polls,
        posts::{self, Body, PostRow},
        search, tags,
    },
};
use std::{sync::Arc, time::Duration};

/// Shortest and longest life of a poll, seconds.
const POLL_SECONDS: std::ops::RangeInclusive<u64> = 300..=2_629_746;

/// What a draft becomes on one network.
#[derive(Clone, Debug)]
pub struct NetworkPreview {
    pub network: Network,
    /// Whether it goes there at all; else why not.
    pub reaches: Result<(), &'static str>,
    pub notes: Vec<String>,
}

impl Hub {
    /// Writes a post and everything that is to be delivered of it. `origin`: the native original when an app of a
    /// network wrote it.
    pub async fn publish(&self, draft: Draft, origin: Option<Origin>) -> Result<Post, HubError> {
        let member = self.member(draft.author).await?;
        super::may_act(&member.actor)?;
        let Some(key) = draft.idempotency.clone() else {
            return self.publish_asking(&member, draft, origin).await;
        };
        let author = draft.author;
        if let Some(post) = self.posted_before(author, &key).await? {
            return Ok(post);
        }
        match self.publish_asking(&member, draft, origin).await {
            // The same request twice at once: the first has won. Whatever this one failed of (a file that is used, the key
            // itself), it is that.
            Err(error) => self.posted_before(author, &key).await?.ok_or(error),
            done => done,
        }
    }

    async fn publish_asking(
        &self,
        member: &Member,
        draft: Draft,
        origin: Option<Origin>,
    ) -> Result<Post, HubError> {
        super::asking(|| Box::pin(self.publish_new(member, draft.clone(), origin.clone()))).await
    }

    async fn publish_new(
        &self,
        member: &Member,
        draft: Draft,
        origin: Option<Origin>,
    ) -> Result<Post, HubError> {
        let parent = self.parent(&draft).await?;
        // What an app has put into the member's repository is there already.
        if let (Some(parent), None) = (&parent, &origin) {
            self.check_answer(parent, draft.author).await?;
        }
        let brought = super::brought(origin.as_ref());
        let post = self.compose(member, &draft, parent.as_ref(), self.id_for(brought)).await?;
        let reach = self.reach_of(member, &draft, &post, parent.as_ref(), origin.as_ref()).await?;
        self.ready_card_for(&post, &reach, origin.as_ref()).await;
        let named: Vec<Id> = post.mentions.iter().map(|mention| mention.actor).collect();
        let quoted = match post.quote.as_ref().and_then(|quote| quote.post) {
            // Of what is brought along nobody is told.
            Some(quoted) if brought.is_none() => Some(self.post(quoted).await?.author),
            _ => None,
        };
        let kept = match brought {
            None => self.ask_about(&member.actor, &post, &named, quoted).await?,
            Some(_) => Kept::default(),
        };
        let mut changes = kept.changes;
        let mut readers = Vec::new();
        let key = match post.visibility.is_open() {
            true => None,
            false => {
                readers = self.readers_here(&post).await?;
                readers.retain(|reader| !kept.from.contains(reader));
                let (key, rows) = self.new_post_key(post.id, &readers).await?;
                changes.extend(rows);
                Some(key)
            }
        };
        changes.extend(insert(&post, key.as_ref()));
        changes.extend(count_in(&post));
        if post.visibility == Visibility::Direct {
            changes.extend(self.sent_message_rows(&post, &draft, reach.first().copied(), &readers).await?);
        }
        if let Some(key) = &draft.idempotency {
            changes.push(idempotency::insert(draft.author, key, post.id, post.created_at));
        }
        if brought.is_none() {
            let scope = Scope::of(post.visibility);
            changes.extend(self.let_in(member.actor.id, named.iter().copied(), &[scope], Reason::Wrote));
            let quoted = quoted.filter(|id| key.is_none() || readers.contains(id));
            changes.extend(self.spread_rows(&post, &member.actor, quoted, &kept.from).await?);
        }
        let kind = ActKind::Post(post.clone());
        let reach = Reach::Only(reach);
        let commit = Commit { member: &member.actor, kind, origin, reach, changes, key: key.as_ref() };
        let reached = self.commit_all(commit).await?;
        if brought.is_none() {
            self.wake(reached, Some(&post));
        }
        if post.visibility == Visibility::Direct {
            self.wake_conversations(post.id, readers);
        }
        if brought.is_none() && !named.is_empty() {
            self.release(member.actor.id).await?;
        }
        Ok(post)
    }

    /// Asks the gate about the members whom a new post names, and the one whom it quotes.
    async fn ask_about(
        &self,
        author: &Actor,
        post: &Post,
        named: &[Id],
        quoted: Option<Id>,
    ) -> Result<Kept, HubError> {
        let mut kept = self.ask_here(author, Deed::mention(post), named).await?;
        // What not all may read reaches nobody by a quote alone.
        if let Some(quoted) = quoted.filter(|id| post.visibility.is_open() && !named.contains(id)) {
            let more = self.ask_here(author, Deed::quote(post), &[quoted]).await?;
            kept.from.extend(more.from);
            kept.changes.extend(more.changes);
        }
        Ok(kept)
    }

    /// Before staging, which does not wait: the card, where a network wants one that it does not have yet. Of pages that are
    /// named in private nobody is asked.
    pub(super) async fn ready_card_for(&self, post: &Post, reach: &[Network], origin: Option<&Origin>) {
        let wants = |network: &Network| {
            origin.is_none_or(|origin| origin.network != *network)
                && self.translator(*network).is_ok_and(|translator| translator.sends_cards())
        };
        if post.visibility.is_open() && reach.iter().any(wants) {
            self.ready_card(post).await;
        }
    }

    /// Rows that put a new post before people: on home timelines, and in the notifications of who is to be told.
    /// `quoted`: whose post it quotes, if they may read it. `kept_from`: whom the gate keeps it from.
    async fn spread_rows(
        &self,
        post: &Post,
        author: &Actor,
        quoted: Option<Id>,
        kept_from: &[Id],
    ) -> Result<Vec<Change>, HubError> {
        let mut changes = self.home_rows(post, author, None);
        let named = post.mentions.iter().map(|m| m.actor).filter(|id| !kept_from.contains(id));
        changes.extend(self.tell(NotificationKind::Mention, author.id, named, Some(post)));
        let eager = self.eager_followers(author.id).await?;
        let eager = eager.into_iter().filter(|f| {
            post.visibility != Visibility::Direct && !post.mentions.iter().any(|m| m.actor == *f)
        });
        changes.extend(self.tell(NotificationKind::Status, author.id, eager, Some(post)));
        let quoted = quoted.filter(|id| !kept_from.contains(id));
        changes.extend(self.tell(NotificationKind::Quote, author.id, quoted, Some(post)));
        Ok(changes)
    }

    /// What each network that the author is on would show of a draft.
    pub async fn preview(&self, draft: &Draft) -> Result<Vec<NetworkPreview>, HubError> {
        let member = self.member(draft.author).await?;
        let parent = self.parent(draft).await?;
        let visibility = draft.visibility.unwrap_or(member.settings.visibility);
        let mut each = self.reach_each(&member, draft, visibility, parent.as_ref()).await?;
        if visibility == Visibility::Direct {
            self.only_the_way(&member, draft, parent.as_ref(), &mut each).await?;
        }
        let mut previews = Vec::new();
        for (translator, reaches) in each {
            let mut notes = if reaches.is_ok() { translator.preview(draft).notes } else { Vec::new() };
            if visibility == Visibility::Direct && reaches.is_ok() {
                let network = Some(translator.network());
                notes.insert(0, self.label(member.actor.id, network).await?.words());
            }
            previews.push(NetworkPreview { network: translator.network(), reaches, notes });
        }
        Ok(previews)
    }

    async fn posted_before(&self, member: Id, key: &str) -> Result<Option<Post>, HubError> {
        match self.store().row(idempotency::find(member, key)).await? {
            Some(mut row) => Ok(Some(self.post(row.get(0)?).await?)),
            None => Ok(None),
        }
    }

    /// The post that is answered, which the author must be able to read.
    async fn parent(&self, draft: &Draft) -> Result<Option<Post>, HubError> {
        let Some(id) = draft.reply_to else { return Ok(None) };
        let parent = self.post(id).await?;
        match self.may_read(&parent, Some(draft.author)).await? {
            true => Ok(Some(parent)),
            false => Err(HubError::NotFound),
        }
    }

    /// Whether the author of a thread lets the member answer.
    async fn check_answer(&self, parent: &Post, member: Id) -> Result<(), HubError> {
        let Some(root) = self.posts(&[parent.root]).await?.pop() else { return Ok(()) };
        match self.may_answer(&root, member).await? {
            true => Ok(()),
            false => Err(HubError::Forbidden("the author of this thread does not let you answer")),
        }
    }

    async fn compose(
        &self,
        member: &Member,
        draft: &Draft,
        parent: Option<&Post>,
        mut id: Id,
    ) -> Result<Post, HubError> {
        let limits = &self.config().limits;
        let mut text = draft.rich.clone().unwrap_or_else(|| landbridge_model::richtext::compose(&draft.text));
        let warning = draft.warning.as_deref().map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned);
        super::text::check_length(&text, warning.as_deref(), limits.characters)?;
        if text.is_empty() && draft.media.is_empty() && draft.poll.is_none() && draft.quote.is_none() {
            return Err(HubError::invalid("a post needs a text, a picture or a poll"));
        }
        let visibility = match (draft.visibility.unwrap_or(member.settings.visibility), parent) {
            // An answer to something private never becomes public by a slip.
            (wide, Some(parent)) if !parent.visibility.is_open() && wide.is_open() => parent.visibility,
            (chosen, _) => chosen,
        };
        let mut mentions = self.resolve_mentions(&member.actor, &mut text, parent).await?;
        let created_at = draft.at.filter(|at| at.0 <= Time::now().0).unwrap_or_else(Time::now);
        if visibility == Visibility::Direct {
            self.address(member.actor.id, draft, parent, &mut mentions).await?;
            // Messages of an app that arrive late stand where they were written.
            id = self.message_id_at(created_at);
        }
        let language = Some(&member.settings.language).filter(|l| !l.is_empty()).cloned();
        Ok(Post {
            id,
            author: member.actor.id,
            origin: None,
            kind: if draft.title.is_some() { PostKind::Article } else { PostKind::Note },
            created_at,
            edited_at: None,
            visibility,
            title: draft.title.clone(),
            tags: text.tags(),
            text,
            sensitive: draft.sensitive || warning.is_some(),
            warning,
            languages: if draft.languages.is_empty() {
                language.into_iter().collect()
            } else {
                draft.languages.clone()
            },
            media: self.draft_media(draft, id).await?,
            poll: draft.poll.as_ref().map(|p| self.check_poll(p, !draft.media.is_empty())).transpose()?,
            mentions,
            emojis: Vec::new(),
            reply_to: parent.map(|p| p.id),
            reply_to_author: parent.map(|p| p.author),
            root: parent.map_or(id, |p| p.root),
            quote: self.quote(member, draft, visibility).await?,
            repost_of: None,
            url: None,
            quote_policy: match visibility.is_open() {
                true => draft.quote_policy.unwrap_or(member.settings.quote_policy),
                false => Audience::Nobody,
            },
            reply_policy: draft.reply_policy.unwrap_or_default(),
            application: draft.application.clone(),
            card: draft.card.clone(),
            replies: 0,
            reposts: 0,
            likes: 0,
            quotes: 0,
        })
    }

    /// The author's own uploads, each used once, ready.
    pub(super) async fn draft_media(&self, draft: &Draft, post: Id) -> Result<Vec<Media>, HubError> {
        if draft.media.len() > self.config().limits.media_per_post {
            return Err(HubError::invalid(format!("at most {} files", self.config().limits.media_per_post)));
        }
        let mut found = Vec::new();
        for id in &draft.media {
            let row = self.store().row(media::by_id(*id)).await?;
            let row = row.map(|mut r| media::MediaRow::read(&mut r)).transpose()?;
            let Some(row) = row.filter(|r| r.owner == draft.author) else {
                return Err(HubError::invalid("a file of this post is not there (any more)"));
            };
            if row.post.is_some_and(|used| used != post) {
                return Err(HubError::invalid("a file of this post is used by another one"));
            }
            if row.state != 0 {
                return Err(HubError::invalid(
                    "a file of this post is still being processed; please try again",
                ));
            }
            found.push(row.media);
        }
        Ok(found)
    }

    pub(super) fn check_poll(&self, poll: &DraftPoll, with_media: bool) -> Result<Poll, HubError> {
        let limits = &self.config().limits;
        let titles: Vec<String> = poll.options.iter().map(|o| o.trim().to_owned()).collect();
        let all_different = titles.iter().enumerate().all(|(i, t)| !titles.iter().take(i).any(|o| o == t));
        let too_long =
            titles.iter().any(|t| t.is_empty() || t.chars().count() > limits.poll_option_characters);
        let why = match () {
            () if with_media => Some("a post has files or a poll, not both".to_owned()),
            () if titles.len() < 2 || titles.len() > limits.poll_options => {
                Some(format!("a poll has 2 to {} options", limits.poll_options))
            }
            () if too_long => {
                Some(format!("an option has 1 to {} characters", limits.poll_option_characters))
            }
            () if !all_different => Some("two options of a poll are the same".to_owned()),
            () => None,
        };
        if let Some(why) = why {
            return Err(HubError::Invalid(why));
        }
        let seconds = poll.expires_in.unwrap_or(86_400);
        if !POLL_SECONDS.contains(&seconds) {
            return Err(HubError::invalid("a poll is open for five minutes to a month"));
        }
        Ok(Poll {
            options: titles.into_iter().map(|title| PollOption { title, votes: 0 }).collect(),
            multiple: poll.multiple,
            hide_totals: poll.hide_totals,
            ends_at: Some(Time::now().plus(Duration::from_secs(seconds))),
            closed: false,
            voters: Some(0),
        })
    }

    async fn quote(
        &self,
        member: &Member,
        draft: &Draft,
        visibility: Visibility,
    ) -> Result<Option<Quote>, HubError> {
        let Some(id) = draft.quote else { return Ok(None) };
        let quoted = self.post(id).await?;
        if !self.may_read(&quoted, Some(member.actor.id)).await? {
            return Err(HubError::NotFound);
        }
        let as_narrow = quoted.author == member.actor.id && visibility >= quoted.visibility;
        if !quoted.visibility.is_open() && !as_narrow {
            return Err(HubError::Forbidden("only public posts can be quoted"));
        }
        let native_id = self.native_id_of(&quoted).await?;
        let asks = quoted.origin.and_then(|n| self.translator(n).ok()).is_some_and(|t| t.asks_to_quote());
        let state = match quoted.author == member.actor.id {
            true => QuoteState::Accepted,
            false if asks => QuoteState::Pending,
            false if quoted.origin.is_some() && quoted.quote_policy == Audience::Nobody => {
                return Err(HubError::Forbidden("its author does not want this post to be quoted"));
            }
            false if quoted.origin.is_none() && !self.may_quote(&quoted, member.actor.id).await? => {
                return Err(HubError::Forbidden("its author does not want this post to be quoted"));
            }
            false => QuoteState::Accepted,
        };
        Ok(Some(Quote { post: Some(id), native_id, state }))
    }

    /// The id of a post at its home network; of one written here, the first that it has.
    pub(crate) async fn native_id_of(&self, post: &Post) -> Result<String, HubError> {
        let copies = self.copies(CopyKind::Post, post.id).await?;
        let home = copies.iter().find(|c| Some(c.network) == post.origin).or(copies.first());
        Ok(home.map_or_else(|| self.config().url(&format!("/posts/{}", post.id)), |c| c.native_id.clone()))
    }

    /// Whether the author of a local post lets that actor quote it without asking.
    pub(crate) async fn may_quote(&self, quoted: &Post, actor: Id) -> Result<bool, HubError> {
        if !quoted.visibility.is_open() {
            return Ok(false);
        }
        let relation = self.relationship(quoted.author, actor).await?;
        Ok(!relation.blocking
            && !relation.blocked_by
            && quoted.quote_policy.groups().is_none_or(|groups| {
                groups.followers && relation.followed_by
                    || groups.following && relation.following
                    || groups.mentioned && quoted.mentions.iter().any(|m| m.actor == actor)
            }))
    }

    /// The networks that a new post goes to.
    async fn reach_of(
        &self,
        member: &Member,
        draft: &Draft,
        post: &Post,
        parent: Option<&Post>,
        origin: Option<&Origin>,
    ) -> Result<Vec<Network>, HubError> {
        let each = self.reach_each(member, draft, post.visibility, parent).await?;
        let open: Vec<Network> =
            each.into_iter().filter(|(_, reaches)| reaches.is_ok()).map(|(t, _)| t.network()).collect();
        match (post.visibility, origin) {
            // What an app has sent went by its own network.
            (Visibility::Direct, Some(origin)) => {
                Ok(open.into_iter().filter(|network| *network == origin.network).collect())
            }
            (Visibility::Direct, None) => {
                let people: Vec<Id> = post.mentions.iter().map(|m| m.actor).collect();
                Ok(self.way_for(member, draft, &people, &open).await?.into_iter().collect())
            }
            _ => Ok(open),
        }
    }

    /// For a preview: of the networks open to a private message all but one fall away.
    async fn only_the_way(
        &self,
        member: &Member,
        draft: &Draft,
        parent: Option<&Post>,
        each: &mut [(Arc<dyn Translator>, Result<(), &'static str>)],
    ) -> Result<(), HubError> {
        let mut text = draft.rich.clone().unwrap_or_else(|| landbridge_model::richtext::compose(&draft.text));
        let mut mentions = self.resolve_mentions(&member.actor, &mut text, parent).await?;
        self.address(member.actor.id, draft, parent, &mut mentions).await?;
        let people: Vec<Id> = mentions.iter().map(|m| m.actor).collect();
        let open: Vec<Network> =
            each.iter().filter(|(_, reaches)| reaches.is_ok()).map(|(t, _)| t.network()).collect();
        let way = self.way_for(member, draft, &people, &open).await?;
        for (translator, reaches) in each.iter_mut().filter(|(_, reaches)| reaches.is_ok()) {
            if Some(translator.network()) != way {
                *reaches = Err("a private message goes by one network only");
            }
        }
        Ok(())
    }

    /// Visibility decides reach, once; an answer goes only where its parent is.
    async fn reach_each(
        &self,
        member: &Member,
        draft: &Draft,
        visibility: Visibility,
        parent: Option<&Post>,
    ) -> Result<Vec<(Arc<dyn Translator>, Result<(), &'static str>)>, HubError> {
        let parent_on = match parent {
            Some(parent) => {
                let copies = self.copies(CopyKind::Post, parent.id).await?;
                Some(
                    copies
                        .into_iter()
                        .filter(|c| c.state != CopyState::Deleted)
                        .map(|c| c.network)
                        .collect::<Vec<_>>(),
                )
            }
            None => None,
        };
        let presences = self.presences(member.actor.id).await?;
        let mut each = Vec::new();
        for translator in self.translators() {
            let network = translator.network();
            let Some(presence) = presences.iter().find(|p| p.network == network) else { continue };
            let opted = visibility == Visibility::Unlisted
                && member.settings.unlisted_everywhere
                && translator.carries(Visibility::Public);
            let reaches = match () {
                () if presence.state != PresenceState::Active => Err("you have switched this network off"),
                () if self.config().mode(network) != Mode::ReadWrite => {
                    Err("this server does not write to it")
                }
                () if draft.except.contains(&network) => Err("you have left it out for this post"),
                () if !(translator.carries(visibility) || opted) => Err("everything there is public"),
                () if parent_on.as_ref().is_some_and(|on| !on.contains(&network)) => {
                    Err("the post that it answers is not there")
                }
                () => Ok(()),
            };
            each.push((translator.clone(), reaches));
        }
        Ok(each)
    }

    /// Members who may read a private post: its author, whoever it names, and (unless it is direct) the author's
    /// followers.
    pub(crate) async fn readers_here(&self, post: &Post) -> Result<Vec<Id>, HubError> {
        let mut readers: Vec<Id> = post.mentions.iter().map(|m| m.actor).collect();
        readers.push(post.author);
        if post.visibility == Visibility::Followers {
            readers.extend(self.member_followers(post.author).await?);
        }
        let known: Vec<Actor> = self.actors(&readers).await?;
        let mut members: Vec<Id> = known.into_iter().filter(Actor::is_member).map(|a| a.id).collect();
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }
}

/// Rows of a post, but for its copies.
pub(crate) fn insert(post: &Post, key: Option<&PostKey>) -> Vec<Change> {
    let language = post.languages.first().map(String::as_str);
    let mut changes = vec![posts::insert(&row(post, key), language, !post.media.is_empty())];
    let named: Vec<Id> = post.mentions.iter().map(|m| m.actor).collect();
    if !named.is_empty() {
        changes.push(mentions::insert(post.id, &named));
    }
    changes.extend(post.media.iter().map(|m| media::attach(m.id, post.author, post.id)));
    if let Some(poll) = &post.poll {
        changes.push(polls::insert(post.id, poll, &polls::Tally::default()));
    }
    if post.visibility.is_open() && !post.tags.is_empty() {
        changes.push(tags::insert(post.id, &post.tags));
    }
    if post.visibility == Visibility::Public {
        changes.push(search::insert(post.id, &searchable(post)));
    }
    changes
}

/// The row, its body sealed when there is a key.
pub(crate) fn row(post: &Post, key: Option<&PostKey>) -> PostRow {
    let body = Body::of(post).bytes();
    let body = match key {
        Some(key) => key.seal("body", &body),
        None => body,
    };
    PostRow::of(post, key.is_some(), body, None)
}

/// The words that a search finds a post by.
pub(crate) fn searchable(post: &Post) -> String {
    let RichText { text, .. } = &post.text;
    let alt = post.media.iter().filter_map(|m| m.description.as_deref());
    let poll = post.poll.iter().flat_map(|p| p.options.iter().map(|o| o.title.as_str()));
    let parts = post.title.as_deref().into_iter().chain(post.warning.as_deref()).chain([text.as_str()]);
    parts.chain(alt).chain(poll).collect::<Vec<_>>().join("\n")
}

/// Counts on what the post answers and quotes, and on its author.
fn count_in(post: &Post) -> Vec<Change> {
    let mut changes = vec![landbridge_store::entities::actors::posted(post.author, post.created_at)];
    changes.extend(post.reply_to.map(|id| posts::count_replies(id, 1)));
    let accepted = post.quote.as_ref().filter(|q| q.state == QuoteState::Accepted);
    changes.extend(accepted.and_then(|q| q.post).map(|id| posts::count_quotes(id, 1)));
    changes
}
