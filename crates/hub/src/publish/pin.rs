//! Posts pinned to a profile.

use super::Reach;
use crate::{ActKind, CopyKind, Hub, HubError, Origin};
use landbridge_model::Id;
use landbridge_store::entities::pins;

/// Pins on one profile.
const MOST: usize = 5;

impl Hub {
    /// Pins a post, or takes it off. Doing so twice is doing so once. `origin`: where an app of a network wrote it down.
    pub async fn pin(&self, member: Id, post: Id, on: bool, origin: Option<Origin>) -> Result<(), HubError> {
        let actor = self.acting(member).await?;
        let post = self.own(member, post).await?;
        let rows = self.store().rows(pins::of_actor(member)).await?.into_iter();
        let pinned: Vec<Id> = rows.map(|mut row| row.get(0)).collect::<Result<_, _>>()?;
        if pinned.contains(&post.id) == on {
            return Ok(());
        }
        if on && (post.repost_of.is_some() || post.visibility == landbridge_model::Visibility::Direct) {
            return Err(HubError::invalid("this post cannot be pinned"));
        }
        if on && pinned.len() >= MOST {
            return Err(HubError::Invalid(format!("at most {MOST} posts can be pinned")));
        }
        let (change, kind) = match on {
            true => (pins::pin(self.ids().next(), member, post.id), ActKind::Pin(post.clone())),
            false => (pins::unpin(member, post.id), ActKind::Unpin(post.clone())),
        };
        self.commit(&actor, kind, origin, Reach::Copies(CopyKind::Post, post.id), vec![change]).await?;
        Ok(())
    }
}
