//! A post pinned to its author's profile, or taken down again.

use super::{Sent, halt::Halt, trail::Trail};
use crate::{Hub, Received};
use landbridge_store::{Write, entities::pins};

/// Pins of one remote actor.
const MOST: i64 = 20;

impl Hub {
    pub(super) async fn receive_pin(
        &self,
        sent: &Sent,
        target: &str,
        on: bool,
        trail: &mut Trail,
    ) -> Result<Received, Halt> {
        let mut post = self.living_post(sent, target).await?;
        if post.is_none() && on {
            self.fetch_thing(sent.network, target, false, trail).await?;
            post = self.living_post(sent, target).await?;
        }
        let post = post.ok_or(Halt::Ignored("unknown post"))?;
        if post.author != sent.actor.id {
            return Err(Halt::Rule("a pin of somebody else's post"));
        }
        let mut write = Write::default();
        if on {
            write.push(pins::pin(self.ids().next(), sent.actor.id, post.id));
            write.push(pins::trim(sent.actor.id, MOST));
        } else {
            write.push(pins::unpin(sent.actor.id, post.id));
        }
        self.store().write(write).await?;
        Ok(Received::Stored(Some(post.id)))
    }
}
