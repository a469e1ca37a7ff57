//! Leave to quote (FEP-044f): asked of members, given to members, taken back.

use super::{Sent, halt::Halt, repost::act_copy, surroundings::Surroundings, trail::Trail};
use crate::{ActKind, CopyKind, CopyState, Hub, InPost, Received, Via, What, gate::Scope, publish::Reach};
use landbridge_model::{Id, Post, QuoteState};
use landbridge_store::{
    Change, Write,
    entities::{
        copies::{self, CopyRow},
        posts,
    },
};

impl Hub {
    /// Somebody asks a member for leave to quote. Answered at once, as the post's own policy says.
    pub(super) async fn receive_quote_request(
        &self,
        sent: &Sent,
        quoted_id: &str,
        quoting: &str,
        post: Option<InPost>,
        trail: &mut Trail,
    ) -> Result<Received, Halt> {
        let quoted = self.living_post(sent, quoted_id).await?.ok_or(Halt::Ignored("unknown post"))?;
        let Some(request) = sent.id.clone().filter(|_| quoted.origin.is_none()) else {
            return Err(Halt::Ignored("no request to a member"));
        };
        let member = self.actor(quoted.author).await?;
        let what = What::QuoteRequest {
            quoted: quoted_id.into(),
            quoting: quoting.into(),
            post: post.clone().map(Box::new),
        };
        self.pass(sent, member.id, Scope::Public, &what, &request, &[]).await?;
        if let Some(mut post) = post.filter(|post| post.native_id == quoting && post.author == sent.native) {
            // The leave may name it only once it is here; that it asks does not make it heard yet.
            post.quote_stamp = None;
            let early = Sent { via: Via::Fetched, id: None, original: Default::default(), ..sent.clone() };
            if let Err(Halt::Failed(error)) = self.receive_post(&early, post, trail).await {
                return Err(Halt::Failed(error));
            }
        }
        let accept = self.may_quote(&quoted, sent.actor.id).await?;
        let mut changes = vec![copies::insert(
            &act_copy(sent, &request, CopyKind::QuoteRequest, quoted.id),
            None,
            self.kept_until(),
        )];
        let known = self.living_post(sent, quoting).await?.filter(|post| post.author == sent.actor.id);
        if let Some(known) = known.filter(|post| accept && is_pending(post)) {
            changes.push(posts::accept_quote(known.id, Some(quoted.id)));
            changes.push(posts::count_quotes(quoted.id, 1));
        }
        let quoting = quoting.to_owned();
        let requester = sent.actor.clone();
        let who = requester.id;
        let kind = ActKind::AnswerQuote { quoted, requester, request, quoting, accept };
        let reached = self.commit(&member, kind, None, Reach::Actor(who), changes).await?;
        self.wake(reached, None);
        Ok(Received::Stored(None))
    }

    /// A quoted author's side has answered a member's request. With leave the post goes out again, stamp and all.
    pub(super) async fn receive_quote_answer(
        &self,
        sent: &Sent,
        request: Option<&str>,
        quoting: Option<&str>,
        stamp: Option<String>,
    ) -> Result<Received, Halt> {
        let mut post = None;
        for id in [request, quoting].into_iter().flatten() {
            if post.is_none() {
                post = self.quoting_post(sent, id).await?;
            }
        }
        let post = post.ok_or(Halt::Ignored("an answer to no request of ours"))?;
        let quote = post.quote.clone().ok_or(Halt::Ignored("quotes nothing"))?;
        let quoted = self.quoted_of(sent, &post).await?;
        if quote.state != QuoteState::Pending {
            return Err(Halt::Duplicate);
        }
        let Some(stamp) = stamp.filter(|stamp| super::clean::is_id(stamp)) else {
            self.store().write(posts::set_quote(post.id, None, QuoteState::Rejected)).await?;
            return Ok(Received::Stored(Some(post.id)));
        };
        let author = self.actor(post.author).await?;
        let stamp = act_copy(sent, &stamp, CopyKind::QuoteStamp, post.id);
        let changes = vec![
            posts::accept_quote(post.id, Some(quoted.id)),
            posts::count_quotes(quoted.id, 1),
            copies::insert(&stamp, None, None),
        ];
        // First written, then staged: the edit that goes out must find the stamp.
        self.store().write(changes).await?;
        let kind = ActKind::Edit(self.post(post.id).await?);
        self.commit(&author, kind, None, Reach::Copies(CopyKind::Post, post.id), Vec::new()).await?;
        Ok(Received::Stored(Some(post.id)))
    }

    /// The quoted author takes leave back.
    pub(super) async fn receive_quote_revoked(&self, sent: &Sent, stamp: &str) -> Result<Received, Halt> {
        let row = self.store().row(copies::by_native(sent.network, stamp)).await?;
        let copy = row.map(|mut row| CopyRow::read(&mut row)).transpose()?;
        let Some(copy) = copy.filter(|copy| copy.kind == CopyKind::QuoteStamp.key()) else {
            return Err(Halt::Ignored("unknown stamp"));
        };
        let post = self.post(copy.object).await?;
        let quoted = self.quoted_of(sent, &post).await?;
        if post.quote.as_ref().is_none_or(|quote| quote.state != QuoteState::Accepted) {
            return Err(Halt::Duplicate);
        }
        let mut write = Write::default();
        write.push(posts::set_quote(post.id, None, QuoteState::Revoked));
        write.push(posts::count_quotes(quoted.id, -1));
        write.push(copies::set_state(sent.network, stamp, CopyState::Deleted as i64));
        self.store().write(write).await?;
        if post.origin.is_none() {
            // Whoever got it from here hears of it from here.
            let author = self.actor(post.author).await?;
            let kind = ActKind::Edit(self.post(post.id).await?);
            self.commit(&author, kind, None, Reach::Only(vec![sent.network]), Vec::new()).await?;
        }
        Ok(Received::Stored(Some(post.id)))
    }

    /// A member's post that quotes, named by the request or by itself.
    async fn quoting_post(&self, sent: &Sent, id: &str) -> Result<Option<Post>, Halt> {
        let Some(mut row) = self.store().row(copies::by_native(sent.network, id)).await? else {
            return Ok(None);
        };
        let copy = CopyRow::read(&mut row)?;
        let names_post =
            matches!(CopyKind::from_key(&copy.kind), Some(CopyKind::QuoteRequest | CopyKind::Post));
        let post = match names_post {
            true => self.posts(&[copy.object]).await?.pop(),
            false => None,
        };
        Ok(post.filter(|post| post.origin.is_none()))
    }

    /// The post that is quoted, which must be the sender's.
    async fn quoted_of(&self, sent: &Sent, post: &Post) -> Result<Post, Halt> {
        let quoted =
            post.quote.as_ref().and_then(|quote| quote.post).ok_or(Halt::Ignored("quotes nothing known"))?;
        let quoted = self.post(quoted).await?;
        match quoted.author == sent.actor.id {
            true => Ok(quoted),
            false => Err(Halt::Rule("a word on somebody else's post")),
        }
    }
}

/// The leave that somebody's quote shows, kept so that it can be taken back.
pub(super) fn leave(sent: &Sent, new: &InPost, post: Id, around: &Surroundings) -> Option<Change> {
    let (stamp, quoted) = (new.quote_stamp.as_ref()?, around.quoted?);
    let row = CopyRow { actor: quoted.author, ..act_copy(sent, stamp, CopyKind::QuoteStamp, post) };
    Some(copies::insert_if_new(&row, None, None))
}

fn is_pending(post: &Post) -> bool {
    post.quote.as_ref().is_some_and(|quote| quote.state == QuoteState::Pending)
}
