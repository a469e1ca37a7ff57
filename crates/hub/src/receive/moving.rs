//! Somebody moves to another account: followers here follow them there.

use super::{Sent, halt::Halt, trail::Trail};
use crate::{Hub, Received, publish::FollowOptions};
use landbridge_model::{Actor, Id, Time};
use landbridge_store::{
    Write,
    entities::{actors, blocks, follows::FollowRow, tombstones},
};
use std::time::Duration;

/// Between two moves of one actor.
const PAUSE: Duration = Duration::from_secs(7 * 86_400);

impl Hub {
    pub(super) async fn receive_move(
        &self,
        sent: &Sent,
        to: &str,
        trail: &mut Trail,
    ) -> Result<Received, Halt> {
        if !super::clean::is_id(to) || to == sent.native {
            return Err(Halt::Rule("a move to nowhere"));
        }
        // Fetched anew: that the new account names the old one must be true now.
        self.fetch_thing(sent.network, to, true, trail).await?;
        let Some(new) = self.known_actor(sent.network, to).await? else {
            return Err(Halt::Ignored("the new account cannot be fetched"));
        };
        if !new.profile.also_known_as.contains(&sent.native) {
            return Err(Halt::Ignored("the new account does not name the old one"));
        }
        if new.id == sent.actor.id {
            return Err(Halt::Duplicate);
        }
        // Asked of the tombstone, not of the actor: the old profile may have said where to before this word came.
        let moved = self.keyed_hash(&format!("moved {}", sent.actor.id));
        let now = Time::now();
        if self.store().row(tombstones::since(moved.clone(), now.minus(PAUSE))).await?.is_some() {
            let again = sent.actor.moved_to == Some(new.id);
            return Err(if again { Halt::Duplicate } else { Halt::Ignored("moved within the last week") });
        }
        // Before it is written down: whoever stops halfway is told again, and goes on.
        self.follow_along(&sent.actor, &new).await;
        let mut write = Write::from(tombstones::put(moved, now));
        write.push(actors::set_moved_to(sent.actor.id, Some(new.id)));
        self.store().write(write).await?;
        Ok(Received::Stored(Some(sent.actor.id)))
    }

    /// One after the other, so that no server is flooded with follows.
    pub(crate) async fn follow_along(&self, old: &Actor, new: &Actor) {
        let followers = match self.member_followers(old.id).await {
            Ok(followers) => followers,
            Err(why) => {
                tracing::warn!(%why, "followers of somebody who moved are unknown");
                return;
            }
        };
        for member in followers.into_iter().filter(|member| *member != new.id) {
            if let Err(why) = self.follow_one_along(member, old.id, new.id).await {
                tracing::debug!(%member, %why, "did not follow along");
            }
        }
    }

    async fn follow_one_along(&self, member: Id, old: Id, new: Id) -> Result<(), crate::HubError> {
        let Some(FollowRow { reposts, notify, languages, .. }) = self.follow_row(member, old).await? else {
            return Ok(());
        };
        if self.store().row(blocks::either(member, new)).await?.is_none() {
            self.follow(member, new, FollowOptions { reposts, notify, languages }, None).await?;
        }
        self.unfollow(member, old, None).await?;
        Ok(())
    }
}
