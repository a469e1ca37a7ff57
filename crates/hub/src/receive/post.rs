//! A post.

use super::{
    Sent, clean, compose::visibility_of, glance::Glance, halt::Halt, held::ANSWERED, quote,
    surroundings::Surroundings, tombs, trail::Trail,
};
use crate::{
    CopyKind, CopyState, Gate, Hub, InPost, Received, Via, What,
    gate::{Decision, Scope},
    reading::NotificationKind,
    seal::PostKey,
    spread::Reached,
};
use landbridge_model::{Id, Network, Post, QuoteState, Visibility};
use landbridge_store::{
    Change, Fault, Write, WriteError,
    entities::{
        actors,
        awaited::{self, Awaited},
        contacts,
        copies::{self, CopyRow},
        gated::{self, Gated},
        home::{self, Fanout},
        mentions, posts,
    },
};

/// An answer to something that is not here: nobody is known to follow its author.
const UNKNOWN: Id = Id(-1);
const TRIES: u32 = 4;

impl Hub {
    pub(super) async fn receive_post(
        &self,
        sent: &Sent,
        mut post: InPost,
        trail: &mut Trail,
    ) -> Result<Received, Halt> {
        clean::post(&mut post)?;
        let glance = self.glance_at(sent.network, &post).await?;
        self.receive_seen_post(sent, post, glance, trail).await
    }

    /// A post that was cleaned and looked at.
    pub(super) async fn receive_seen_post(
        &self,
        sent: &Sent,
        post: InPost,
        glance: Glance,
        trail: &mut Trail,
    ) -> Result<Received, Halt> {
        if post.author != sent.native {
            return Err(Halt::Rule("a post in somebody else's name"));
        }
        let Glance { known, claimed, mut waited_for, nearby } = glance;
        if let Some(known) = known {
            return Box::pin(self.arrive_again(sent, &post, &known)).await;
        }
        if let Some(received) = self.same_elsewhere(sent, &post).await? {
            return Ok(received);
        }
        let scope = Scope::of(visibility_of(sent.network, &post));
        let mut nearby = Some(nearby);
        for _ in 0..TRIES {
            let around = Box::pin(self.surroundings(sent, &post, scope, nearby.take(), trail)).await?;
            match Box::pin(self.write_post(sent, &post, &around, waited_for)).await {
                // What it answers has arrived meanwhile, or its id was taken at the same moment.
                Err(Halt::Ignored("parent arrived" | "quoted post arrived" | "id taken" | ANSWERED)) => {
                    continue;
                }
                Err(Halt::Ignored("awaited meanwhile")) => waited_for = true,
                // Whoever asked for it was faster; it arrives by itself all the same.
                Err(Halt::Duplicate) => return Box::pin(self.arrive_meanwhile(sent, &post)).await,
                Err(halt) => return Err(halt),
                Ok(received) => {
                    self.hide_bridged_copies(claimed).await?;
                    return Ok(received);
                }
            }
        }
        Err(Halt::Failed(crate::HubError::Busy))
    }

    async fn write_post(
        &self,
        sent: &Sent,
        new: &InPost,
        around: &Surroundings,
        waited_for: bool,
    ) -> Result<Received, Halt> {
        let mut post = self.composed(sent, new, around);
        let (decisions, scope) = (&around.decisions, Scope::of(post.visibility));
        let fresh = sent.via == Via::Delivered;
        let held = if fresh { around.held() } else { Vec::new() };
        let refused = around.refused().into_iter().filter(|_| fresh);
        let refused: Vec<Change> =
            refused.map(|(member, why)| self.note_refused(member, sent.actor.id, scope, why)).collect();
        if !self.still_concerns(sent, around) {
            if !held.is_empty() {
                return self.hold_post(sent, new, scope, &held).await;
            }
            if !refused.is_empty() {
                self.store().write(refused).await?;
            }
            let dropped = decisions.keys().any(|member| around.keeps_from(*member));
            return Err(Halt::Ignored(if dropped { "dropped at the gate" } else { "concerns nobody here" }));
        }
        let gated = self.gated_answer(&post, sent.network, &new.native_id).await?;
        if new.quote_free
            && new.quote_stamp.is_none()
            && let Some(state) = self.gated_quote(&post, sent.network, &new.native_id).await?
            && let Some(quote) = &mut post.quote
        {
            quote.state = state;
        }
        // Whom the gate keeps it from is not among its addressees here; who is asked first is not yet one of its readers.
        post.mentions.retain(|mention| !around.keeps_from(mention.actor));
        let quiet: Vec<Id> = around.held().into_iter().map(|(member, _)| member).collect();
        let accepted = |id: &Id| decisions.get(id).is_some_and(|decision| *decision == Decision::Accept);
        let told: Vec<Id> = around.members(new).into_iter().filter(accepted).collect();

        // First what may keep it out, so that nothing has to be undone.
        let mut write = Write::from(refused);
        write.extend(tombs::guard(self, sent.network, &sent.native, Some(&new.native_id), None, sent.at));
        if !waited_for {
            write.push(awaited::forbid_waiting(sent.network, &new.native_id));
        }
        let (mut holders, mut key_rows) = (Vec::new(), Vec::new());
        let key = match post.visibility.is_open() {
            true => None,
            false => {
                let readers = self.readers_here(&post).await?;
                let reads = |id: &Id| *id != post.author && !quiet.contains(id);
                let readers: Vec<Id> = readers.into_iter().filter(reads).collect();
                if readers.is_empty() && !held.is_empty() {
                    return self.hold_post(sent, new, scope, &held).await;
                }
                if readers.is_empty() {
                    return Err(Halt::Ignored("nobody here may read it"));
                }
                let (key, rows) = self.new_post_key(post.id, &readers).await?;
                key_rows = rows;
                if post.visibility == Visibility::Direct {
                    holders = readers.into_iter().filter(|id| accepted(id)).collect();
                }
                Some(key)
            }
        };
        write.push(self.copy_row(sent, new, &post, key.as_ref()));
        write.extend(key_rows);
        if !holders.is_empty() {
            let seen = !sent.is_news();
            write.extend(self.conversation_rows(&post, Some(sent.network), &holders, seen).await?);
        }
        if !sent.is_news() {
            write.push(copies::mark_fetched(sent.network, &new.native_id));
        }
        write.extend(self.remote_rows(sent, &post, &quiet, key.as_ref()));
        if !held.is_empty() {
            let what = What::Post(Box::new(new.clone()));
            write.extend(self.hold(sent, scope, &new.native_id, what, &held).await?);
        }
        write.extend(counts(&post));
        write.extend(quote::leave(sent, new, post.id, around));
        write.extend(wait(sent, new, &post));
        if waited_for {
            write.extend(awaited::settle(sent.network, &new.native_id, post.id));
        }
        if gated == Some(Gated::Against) {
            write.push(gated::put(post.root, Gated::Against, sent.network, &new.native_id));
        }
        let spreads = sent.is_news() && gated.is_none();
        if spreads {
            write.extend(self.spread(sent, new, &post, around, &told));
        }
        let written = self.store().write(write).await.map_err(|error| match error {
            WriteError::Store(error) if error.fault() == Some(Fault::Unique) => Halt::Ignored("id taken"),
            other => other.into(),
        })?;
        if spreads {
            self.wake(Reached::read(written)?, Some(&post));
            self.wake_conversations(post.id, holders);
        }
        self.apply_lists(sent.network, new, post.id).await?;
        Ok(Received::Stored(Some(post.id)))
    }

    /// What its author has taken out of sight around it, before it was here.
    async fn apply_lists(&self, network: Network, new: &InPost, post: Id) -> Result<(), Halt> {
        if !new.hidden_answers.is_empty() {
            let hidden = new.hidden_answers.clone();
            self.apply_gate(post, network, &Gate::Answers { policy: new.reply_policy, hidden }).await?;
        }
        if !new.detached_quotes.is_empty() {
            let detached = new.detached_quotes.clone();
            self.apply_gate(post, network, &Gate::Quotes { policy: new.quote_policy, detached }).await?;
        }
        Ok(())
    }

    /// Whether it still concerns somebody once the gate has spoken.
    pub(super) fn still_concerns(&self, sent: &Sent, around: &Surroundings) -> bool {
        let near = around.parent.is_some_and(|parent| parent.author_followed && !parent.by_member);
        let reaches = around.decisions.values().any(|decision| *decision == Decision::Accept);
        let goes_on = around.in_members_thread() && !around.parent.is_some_and(|parent| parent.by_member);
        sent.via == Via::Fetched || around.followed || near || goes_on || reaches
    }

    fn copy_row(&self, sent: &Sent, new: &InPost, post: &Post, key: Option<&PostKey>) -> Change {
        let original = match key {
            Some(key) => key.seal("original", &sent.original),
            None => sent.original.to_vec(),
        };
        let row = CopyRow {
            network: Some(sent.network),
            native_id: new.native_id.clone(),
            kind: CopyKind::Post.key().into(),
            object: post.id,
            actor: post.author,
            version: new.version.clone(),
            url: new.url.clone(),
            state: CopyState::Live as i64,
            created_at: sent.at,
        };
        copies::insert(
            &row,
            Some(original).filter(|bytes| !bytes.is_empty()),
            self.post_kept_until(post.visibility),
        )
    }

    /// Rows that put a post before people: home timelines, and a notification for each who is to be told.
    fn spread(
        &self,
        sent: &Sent,
        new: &InPost,
        post: &Post,
        around: &Surroundings,
        told: &[Id],
    ) -> Vec<Change> {
        let mut changes = Vec::new();
        if post.visibility != Visibility::Direct {
            let mut fanout = Fanout::of(post, None, landbridge_model::Time::now());
            if new.reply_to.is_some() && post.reply_to.is_none() {
                fanout.reply_to_author = Some(UNKNOWN);
            }
            changes.push(home::fan_out(fanout));
        }
        let named: Vec<Id> =
            told.iter().copied().filter(|id| post.mentions.iter().any(|m| m.actor == *id)).collect();
        let answered = post.reply_to_author.filter(|author| told.contains(author) && !named.contains(author));
        let hears: Vec<Id> = named.iter().copied().chain(answered).collect();
        changes.extend(self.tell_sent(sent, NotificationKind::Mention, hears.iter().copied(), Some(post)));
        let quoted = match &post.quote {
            Some(quote) if quote.state == QuoteState::Accepted => quote.post,
            _ => None,
        };
        if let Some(quoted) = quoted {
            let author = around.quoted.filter(|near| near.id == quoted).map(|near| near.author);
            let author = author.filter(|author| told.contains(author) && !hears.contains(author));
            changes.extend(self.tell_sent(sent, NotificationKind::Quote, author, Some(post)));
        }
        let own_thread = new.reply_to.is_none() || post.reply_to_author == Some(post.author);
        if own_thread && post.visibility != Visibility::Direct {
            let eager = around.eager.iter().copied().filter(|id| !hears.contains(id));
            changes.extend(self.tell_sent(sent, NotificationKind::Status, eager, Some(post)));
        }
        changes
    }

    async fn arrive_meanwhile(&self, sent: &Sent, post: &InPost) -> Result<Received, Halt> {
        let known = self.store().row(copies::by_native(sent.network, &post.native_id)).await?;
        let mut known = known.ok_or(Halt::Duplicate)?;
        self.arrive_again(sent, post, &CopyRow::read(&mut known)?).await
    }

    /// A native id that is here. If it was we who had asked for it, this is its first arrival; one that was held for a member
    /// reaches that member now; otherwise nothing happens.
    async fn arrive_again(&self, sent: &Sent, new: &InPost, known: &CopyRow) -> Result<Received, Halt> {
        if CopyState::from_i64(known.state) == CopyState::Deleted {
            return Err(Halt::Ignored("deleted"));
        }
        let is_fetched = copies::is_fetched(sent.network, &new.native_id);
        let ours = known.kind == CopyKind::Post.key() && known.actor == sent.actor.id;
        let first = sent.released.is_some() || self.store().row(is_fetched).await?.is_some();
        if sent.via == Via::Fetched || !ours || !first {
            return Err(Halt::Duplicate);
        }
        let post = self.post(known.object).await?;
        let arrival = match sent.released {
            Some(released) => vec![
                contacts::let_go(sent.network, &new.native_id, released.member),
                copies::has_arrived(sent.network, &new.native_id),
            ],
            None => vec![copies::arrive(sent.network, &new.native_id)],
        };
        // Somebody read it as it was asked for; where it is out of sight it stays so.
        if self.gated_answer(&post, sent.network, &new.native_id).await?.is_some() {
            self.store().write(arrival).await?;
            return Ok(Received::Stored(Some(post.id)));
        }
        let scope = Scope::of(post.visibility);
        let around = self.surroundings(sent, new, scope, None, &mut Trail::default()).await?;
        let told: Vec<Id> = around
            .decisions
            .iter()
            .filter(|(_, decision)| **decision == Decision::Accept)
            .map(|(id, _)| *id)
            .filter(|id| sent.released.is_none_or(|released| released.member == *id))
            .collect();
        let mut write = Write::from(arrival);
        let named = |id: &&Id| post.mentions.iter().any(|mention| mention.actor == **id);
        let named: Vec<Id> = told.iter().filter(named).copied().collect();
        write.push(mentions::insert(post.id, &named));
        if !post.visibility.is_open() {
            write.extend(self.share_post_key(&self.post_key(post.id, None).await?, &named).await?);
        }
        let holders = self.joining(&post, named).await?;
        write.extend(self.conversation_rows(&post, Some(sent.network), &holders, false).await?);
        let held = around.held();
        if !held.is_empty() && sent.released.is_none() {
            let what = What::Post(Box::new(new.clone()));
            write.extend(self.hold(sent, scope, &new.native_id, what, &held).await?);
        }
        write.extend(self.spread(sent, new, &post, &around, &told));
        let written = self.store().write(write).await?;
        self.wake(Reached::read(written)?, Some(&post));
        self.wake_conversations(post.id, holders);
        Ok(Received::Stored(Some(post.id)))
    }
}

/// Counts on what it answers and quotes, and its author's last post.
fn counts(post: &Post) -> Vec<Change> {
    let mut changes = vec![actors::posted(post.author, post.created_at)];
    changes.extend(post.reply_to.map(|id| posts::count_replies(id, 1)));
    let accepted = post.quote.as_ref().filter(|quote| quote.state == QuoteState::Accepted);
    changes.extend(accepted.and_then(|quote| quote.post).map(|id| posts::count_quotes(id, 1)));
    changes
}

/// Waits for what it names and is not here; fails when that has arrived meanwhile.
fn wait(sent: &Sent, new: &InPost, post: &Post) -> Vec<Change> {
    let mut changes = Vec::new();
    if let Some(parent) = &new.reply_to
        && post.reply_to.is_none()
    {
        changes.push(copies::forbid_post(sent.network, parent, "parent arrived"));
        changes.push(awaited::insert(sent.network, parent, Awaited::Parent, post.id));
    }
    if let Some(quoted) = &new.quote
        && post.quote.as_ref().is_some_and(|quote| quote.post.is_none())
    {
        changes.push(copies::forbid_post(sent.network, quoted, "quoted post arrived"));
        changes.push(awaited::insert(sent.network, quoted, Awaited::Quote, post.id));
    }
    for (network, native_id) in &new.same_as {
        changes.push(awaited::insert(*network, native_id, Awaited::Copy, post.id));
    }
    changes
}
