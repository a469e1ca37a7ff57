//! Votes in polls.

use super::Reach;
use crate::{ActKind, CopyKind, Event, EventKind, Hub, HubError, Origin};
use landbridge_model::{Id, Poll, Post, Time};
use landbridge_store::entities::{
    polls::{self, Tally},
    votes,
};

impl Hub {
    /// Votes once; a second time is refused. Gives the post with its new counts.
    pub async fn vote(
        &self,
        member: Id,
        post: Id,
        choices: &[usize],
        origin: Option<Origin>,
    ) -> Result<Post, HubError> {
        let actor = self.acting(member).await?;
        let target = self.target(member, post).await?;
        let Some(poll) = &target.poll else { return Err(HubError::NotFound) };
        let mut choices = choices.to_vec();
        choices.sort_unstable();
        choices.dedup();
        let why = match () {
            () if target.author == member => Some("you cannot vote in your own poll"),
            () if poll.is_over(Time::now()) => Some("this poll has ended"),
            () if choices.is_empty() => Some("choose an option"),
            () if choices.len() > 1 && !poll.multiple => Some("choose one option only"),
            () if choices.iter().any(|c| *c >= poll.options.len()) => Some("there is no such option"),
            () => None,
        };
        if let Some(why) = why {
            return Err(HubError::invalid(why));
        }
        let now = Time::now();
        let mut changes = vec![polls::require_open(target.id, now), votes::forbid_earlier(target.id, member)];
        changes.extend(choices.iter().map(|c| votes::insert(target.id, member, *c, now)));
        let reach = Reach::Copies(CopyKind::Post, target.id);
        let id = target.id;
        let ours = target.origin.is_none();
        if !ours {
            // Some servers never say how a poll stands; those that do have the vote in what they say next.
            let counted = counted(poll, &choices);
            changes.push(polls::update(id, &counted, &Tally::of(&counted)));
        }
        let kind = ActKind::Vote { poll: target, choices };
        match self.commit(&actor, kind, origin, reach, changes).await {
            Err(HubError::Conflict("voted before")) => {
                return Err(HubError::invalid("you have voted in this poll already"));
            }
            Err(HubError::Conflict(_)) => return Err(HubError::invalid("this poll has ended")),
            other => other?,
        };
        if ours {
            self.bus().send(Event {
                members: self.home_members(id).await?,
                public: false,
                kind: EventKind::Edited(id),
            });
        }
        self.post(id).await
    }
}

/// The poll with one more voter.
fn counted(poll: &Poll, choices: &[usize]) -> Poll {
    let mut poll = poll.clone();
    for (n, option) in poll.options.iter_mut().enumerate() {
        option.votes = option.votes.saturating_add(u64::from(choices.contains(&n)));
    }
    poll.voters = poll.voters.map(|voters| voters.saturating_add(1));
    poll
}
