//! Who may answer or quote a post, said by its author beside it.

use super::{Sent, halt::Halt};
use crate::{Gate, Hub, Received};

impl Hub {
    pub(super) async fn receive_gate(
        &self,
        sent: &Sent,
        target: &str,
        gate: &Gate,
    ) -> Result<Received, Halt> {
        let post = self.living_post(sent, target).await?.ok_or(Halt::Ignored("unknown post"))?;
        if post.author != sent.actor.id {
            return Err(Halt::Rule("a rule for somebody else's post"));
        }
        self.apply_gate(post.id, sent.network, gate).await?;
        Ok(Received::Stored(Some(post.id)))
    }
}
