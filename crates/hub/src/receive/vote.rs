//! A vote in a poll of a member.

use super::{Sent, halt::Halt, repost::act_copy, tombs};
use crate::{
    ActKind, CopyKind, Event, EventKind, Hub, Received,
    gate::{self, Decision, Scope},
    publish::Reach,
};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Write,
    entities::{copies, polls, votes},
};
use std::time::Duration;

/// A vote that was cast in time counts when it comes so long after the end. Later, its date says nothing any more.
const ON_THE_WAY: Duration = Duration::from_secs(3_600);
/// Counts of a running poll are told at most so often.
const TELL: Duration = Duration::from_secs(15);

impl Hub {
    pub(super) async fn receive_vote(
        &self,
        sent: &Sent,
        poll: &str,
        choices: &[String],
        replaces: bool,
    ) -> Result<Received, Halt> {
        let post = self.living_post(sent, poll).await?.ok_or(Halt::Ignored("unknown poll"))?;
        let Some(poll) = post.poll.as_ref().filter(|_| post.origin.is_none()) else {
            return Err(Halt::Ignored("no poll of ours"));
        };
        if !self.may_read(&post, Some(sent.actor.id)).await? {
            return Err(Halt::Ignored("a vote in what its sender cannot read"));
        }
        let approach = sent.approach(Scope::of_reaction(post.visibility));
        // Nobody is told of a vote, so a rule of the member does not keep it out.
        if let Decision::Drop(why) = gate::decide(self, post.author, approach).await? {
            return Err(Halt::Ignored(why));
        }
        let mut chosen = Vec::new();
        for choice in choices.iter().take(poll.options.len()) {
            let found = poll.options.iter().position(|option| option.title == *choice);
            chosen.push(found.ok_or(Halt::Ignored("no such option"))?);
        }
        chosen.sort_unstable();
        chosen.dedup();
        if chosen.is_empty() || (chosen.len() > 1 && !poll.multiple) {
            return Err(Halt::Ignored("not one option"));
        }
        let now = Time::now();
        let mut write = Write::default();
        write.extend(tombs::guard(self, sent.network, &sent.native, sent.id.as_deref(), None, sent.at));
        let cast = sent.at.max(now.minus(ON_THE_WAY));
        write.push(polls::require_open_at(post.id, cast, now));
        if replaces {
            write.push(votes::forbid_after_end(post.id, sent.actor.id, now));
            write.push(votes::delete_older(post.id, sent.actor.id, sent.at));
        }
        // With several choices each may arrive by itself.
        if !poll.multiple || replaces {
            write.push(votes::forbid_earlier(post.id, sent.actor.id));
        }
        write.extend(chosen.iter().map(|choice| votes::insert(post.id, sent.actor.id, *choice, sent.at)));
        if let Some(id) = &sent.id {
            write.push(copies::insert_if_new(
                &act_copy(sent, id, CopyKind::Vote, post.id),
                None,
                self.kept_until(),
            ));
        }
        self.store().write(write).await.map_err(|error| match Halt::from(error) {
            Halt::Ignored("voted before") => Halt::Duplicate,
            other => other,
        })?;
        let members = self.home_members(post.id).await?;
        self.bus().send(Event { members, public: false, kind: EventKind::Edited(post.id) });
        self.tell_tally_soon(post.id);
        Ok(Received::Stored(None))
    }

    /// The networks hear of new counts a little later, once for many votes. What is lost by a crash is told at the end of
    /// the poll.
    fn tell_tally_soon(&self, post: Id) {
        if !self.receiving().tallies.insert_first(&post, ()) {
            return;
        }
        let hub = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(TELL).await;
            hub.receiving().tallies.remove(&post);
            if let Err(why) = hub.tell_tally(post, false).await {
                tracing::debug!(%post, %why, "counts of a poll not told");
            }
        });
    }

    /// Tells the networks that the poll is on how it stands.
    pub(crate) async fn tell_tally(&self, post: Id, closed: bool) -> Result<(), crate::HubError> {
        let poll = self.post(post).await?;
        let author = self.actor(poll.author).await?;
        let reach = Reach::Copies(CopyKind::Post, post);
        self.commit(&author, ActKind::Tally { poll, closed }, None, reach, Vec::new()).await?;
        Ok(())
    }
}
