//! Who may answer and quote a post, and what of it is out of sight: rules that authors set and change beside their posts.
//!
//! A rule counts for what arrives from then on, from whichever network. Answers against it are kept, since they exist; they
//! are shown in the thread to nobody but their authors.

use crate::{ActKind, CopyKind, Gate, Hub, HubError, publish::Reach};
use landbridge_model::{Audience, Id, Network, Post, Quote, QuoteState};
use landbridge_store::{
    Change,
    entities::{
        gated::{self, Gated},
        posts::{self, Body},
    },
};
use std::collections::HashSet;

/// Answers that may be hidden, and quotes taken off, of one post.
const MOST: usize = 300;
const TRIES: u32 = 4;

impl Hub {
    /// Takes over a rule that an app of a network has written beside a member's post.
    pub async fn set_gate(
        &self,
        member: Id,
        post: Id,
        network: Network,
        gate: &Gate,
    ) -> Result<(), HubError> {
        let author = self.actor(member).await?;
        let before = self.own(member, post).await?;
        self.apply_gate(post, network, gate).await?;
        let after = self.post(post).await?;
        if after.quote_policy == before.quote_policy {
            return Ok(());
        }
        // Where people ask for leave they must know of whom it is asked.
        let others = self.copies(CopyKind::Post, post).await?.into_iter().map(|copy| copy.network);
        let asking = |other: &Network| {
            *other != network && self.translator(*other).is_ok_and(|translator| translator.asks_to_quote())
        };
        let others: Vec<Network> = others.filter(asking).collect();
        if !others.is_empty() {
            self.commit(&author, ActKind::Edit(after), None, Reach::Only(others), Vec::new()).await?;
        }
        Ok(())
    }

    /// A member takes a quote of their post off: it is shown no longer, and whoever showed it is told.
    pub async fn revoke_quote(&self, member: Id, quoted: Id, quoting: Id) -> Result<Post, HubError> {
        let author = self.acting(member).await?;
        let quoted = self.own(member, quoted).await?;
        let post = self.post(quoting).await?;
        let Some(quote) = post.quote.as_ref().filter(|quote| quote.post == Some(quoted.id)) else {
            return Err(HubError::NotFound);
        };
        if quote.state == QuoteState::Revoked {
            return Ok(post);
        }
        let mut changes = vec![posts::set_quote(post.id, None, QuoteState::Revoked)];
        if quote.state == QuoteState::Accepted {
            changes.push(posts::count_quotes(quoted.id, -1));
        }
        let copies = self.copies(CopyKind::Post, post.id).await?;
        changes.extend(
            copies.iter().map(|copy| gated::put(quoted.id, Gated::Detached, copy.network, &copy.native_id)),
        );
        self.store().write(changes).await?;
        for copy in copies {
            let kind = ActKind::RevokeQuote { quoted: quoted.clone(), quoting: copy.native_id };
            self.commit(&author, kind, None, Reach::Only(vec![copy.network]), Vec::new()).await?;
        }
        self.post(quoting).await
    }

    /// Writes a rule down, and what follows from it for what is here.
    pub(crate) async fn apply_gate(&self, post: Id, network: Network, gate: &Gate) -> Result<(), HubError> {
        for _ in 1..TRIES {
            match self.write_gate(post, network, gate).await {
                Err(HubError::Conflict("edited meanwhile")) => {}
                done => return done,
            }
        }
        self.write_gate(post, network, gate).await
    }

    async fn write_gate(&self, id: Id, network: Network, gate: &Gate) -> Result<(), HubError> {
        let mut post = self.post(id).await?;
        if !post.visibility.is_open() {
            return Ok(());
        }
        let before = (post.reply_policy, post.quote_policy);
        let mut changes = match gate {
            Gate::Answers { policy, hidden } => {
                post.reply_policy = *policy;
                self.lists(id, Gated::Hidden, network, hidden)
            }
            Gate::Quotes { policy, detached } => {
                // One network's yes or no says less than what the author has chosen for all of them.
                if (*policy == Audience::Everyone) != (post.quote_policy == Audience::Everyone) {
                    post.quote_policy = *policy;
                }
                let mut changes = self.quotes(&post, network, detached).await?;
                changes.extend(self.lists(id, Gated::Detached, network, detached));
                changes
            }
        };
        if before != (post.reply_policy, post.quote_policy) {
            changes.push(posts::set_body(id, Body::of(&post).bytes(), post.edited_at));
        }
        self.store().write(changes).await?;
        Ok(())
    }

    fn lists(&self, post: Id, kind: Gated, network: Network, all: &[String]) -> Vec<Change> {
        let put = all.iter().take(MOST).map(|native_id| gated::put(post, kind, network, native_id));
        std::iter::once(gated::clear(post, kind, network)).chain(put).collect()
    }

    /// Quotes that are here and are taken off now, or put back.
    async fn quotes(
        &self,
        quoted: &Post,
        network: Network,
        detached: &[String],
    ) -> Result<Vec<Change>, HubError> {
        let mut before = HashSet::new();
        for mut row in self.store().rows(gated::of_post(quoted.id, Gated::Detached, network)).await? {
            before.insert(row.get::<String>(0)?);
        }
        let now: HashSet<&String> = detached.iter().take(MOST).collect();
        let taken_off = now.iter().map(|id| (id.as_str(), QuoteState::Accepted, QuoteState::Revoked, -1));
        let put_back = before.iter().filter(|id| !now.contains(id));
        let put_back = put_back.map(|id| (id.as_str(), QuoteState::Revoked, QuoteState::Accepted, 1));
        let all: Vec<(&str, QuoteState, QuoteState, i64)> = taken_off.chain(put_back).collect();
        let mut changes = Vec::new();
        for (native_id, from, to, count) in all {
            let Some(copy) = self.copy(network, native_id).await? else { continue };
            let Some(post) = self.posts(&[copy.object]).await?.pop() else { continue };
            let quotes = |quote: &Quote| quote.post == Some(quoted.id) && quote.state == from;
            if post.quote.as_ref().is_some_and(quotes) {
                changes.push(posts::set_quote(post.id, None, to));
                changes.push(posts::count_quotes(quoted.id, count));
            }
        }
        Ok(changes)
    }

    /// Whether an answer that arrives is out of sight: its author may not answer in that member's thread, or the thread's
    /// author has hidden it before it came. Then also why.
    pub(crate) async fn gated_answer(
        &self,
        answer: &Post,
        network: Network,
        native_id: &str,
    ) -> Result<Option<Gated>, HubError> {
        if answer.reply_to.is_none() || answer.root == answer.id || !answer.visibility.is_open() {
            return Ok(None);
        }
        let hidden = gated::is(answer.root, Gated::Hidden, network, native_id);
        if self.store().row(hidden).await?.is_some() {
            return Ok(Some(Gated::Hidden));
        }
        let Some(root) = self.posts(&[answer.root]).await?.pop() else { return Ok(None) };
        // Of strangers who follow each other little is known here.
        if root.origin.is_some() || self.may_answer(&root, answer.author).await? {
            return Ok(None);
        }
        Ok(Some(Gated::Against))
    }

    /// Whether the author of a thread lets somebody answer in it.
    pub(crate) async fn may_answer(&self, root: &Post, actor: Id) -> Result<bool, HubError> {
        let follows = async |follower, target| {
            Ok::<_, HubError>(self.follow_row(follower, target).await?.is_some_and(|row| row.accepted))
        };
        let Some(groups) = root.reply_policy.groups().filter(|_| root.author != actor) else {
            return Ok(true);
        };
        Ok(groups.mentioned && root.mentions.iter().any(|mention| mention.actor == actor)
            || groups.followers && follows(actor, root.author).await?
            || groups.following && follows(root.author, actor).await?
            || groups.listed && self.is_listed(root.id, actor).await?)
    }

    async fn is_listed(&self, root: Id, actor: Id) -> Result<bool, HubError> {
        for copy in self.copies(CopyKind::Post, root).await? {
            if let Ok(translator) = self.translator(copy.network)
                && translator.is_listed(&copy.native_id, actor).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What becomes of a quote on a network where nobody asks for leave.
    pub(crate) async fn gated_quote(
        &self,
        quoting: &Post,
        network: Network,
        native_id: &str,
    ) -> Result<Option<QuoteState>, HubError> {
        let quote = quoting.quote.as_ref().filter(|quote| quote.state == QuoteState::Accepted);
        let Some(quoted) = quote.and_then(|quote| quote.post) else { return Ok(None) };
        if self.store().row(gated::is(quoted, Gated::Detached, network, native_id)).await?.is_some() {
            return Ok(Some(QuoteState::Revoked));
        }
        let Some(quoted) = self.posts(&[quoted]).await?.pop() else { return Ok(None) };
        let may = match quoted.origin {
            _ if quoted.author == quoting.author => true,
            None => {
                quoted.quote_policy == Audience::Everyone || self.may_quote(&quoted, quoting.author).await?
            }
            Some(_) => quoted.quote_policy != Audience::Nobody,
        };
        Ok((!may).then_some(QuoteState::Rejected))
    }

    /// Posts of a thread that the reader is not shown.
    pub(crate) async fn out_of_sight(&self, root: Id, reader: Option<Id>) -> Result<HashSet<Id>, HubError> {
        let mut hidden = HashSet::new();
        for mut row in self.store().rows(gated::in_thread(root)).await? {
            let (post, author): (Id, Id) = (row.get(0)?, row.get(1)?);
            if reader != Some(author) {
                hidden.insert(post);
            }
        }
        Ok(hidden)
    }
}
