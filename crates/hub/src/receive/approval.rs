//! An author elsewhere has let a member's answer, reaction or repost through, or not.

use super::{Sent, halt::Halt, repost::act_copy};
use crate::{ActKind, CopyKind, Hub, Received, publish::Reach};
use landbridge_model::{Id, Network, Reaction, Time};
use landbridge_store::{
    Write,
    entities::{
        copies::{self, CopyRow},
        deliveries, reactions,
    },
};

/// A member's act, and what it is about.
struct Mine {
    kind: CopyKind,
    object: Id,
    /// The post that was answered, reposted or reacted to.
    target: Id,
}

impl Hub {
    /// A member's reaction by its id.
    pub async fn reaction(&self, id: Id) -> Result<Option<Reaction>, crate::HubError> {
        let row = self.store().row(reactions::by_id(id)).await?;
        Ok(row.map(|mut row| reactions::read(&mut row)).transpose()?)
    }

    /// With leave, an answer or repost goes out to everybody. Without, it stays where it is: the member sees why in the
    /// delivery record.
    pub(super) async fn receive_approval(
        &self,
        sent: &Sent,
        act: &str,
        proof: Option<String>,
    ) -> Result<Received, Halt> {
        let mine =
            self.mine(sent.network, act).await?.ok_or(Halt::Ignored("an answer to nothing of ours"))?;
        let target = self.post(mine.target).await?;
        if target.author != sent.actor.id {
            return Err(Halt::Rule("a word on somebody else's post"));
        }
        let Some(proof) = proof.filter(|proof| super::clean::is_id(proof)) else {
            let declined =
                deliveries::decline(mine.object, sent.network, "its author has declined", Time::now());
            self.store().write(declined).await?;
            return Ok(Received::Stored(None));
        };
        // First written, then staged: what goes out must find the proof.
        let copy = act_copy(sent, &proof, CopyKind::Approval, mine.object);
        self.store().write(Write::from(copies::insert(&copy, None, None))).await?;
        if mine.kind == CopyKind::Reaction {
            return Ok(Received::Stored(None));
        }
        let post = self.post(mine.object).await?;
        let author = self.actor(post.author).await?;
        let target = post.repost_of.map(|_| target);
        let kind = ActKind::Approved { post, target };
        self.commit(&author, kind, None, Reach::Only(vec![sent.network]), Vec::new()).await?;
        Ok(Received::Stored(Some(mine.object)))
    }

    async fn mine(&self, network: Network, act: &str) -> Result<Option<Mine>, Halt> {
        let Some(mut row) = self.store().row(copies::by_native(network, act)).await? else { return Ok(None) };
        let copy = CopyRow::read(&mut row)?;
        if !self.actor(copy.actor).await?.is_member() {
            return Ok(None);
        }
        let Some(kind) = CopyKind::from_key(&copy.kind) else { return Ok(None) };
        let target = match kind {
            CopyKind::Post => self.post(copy.object).await?.reply_to,
            CopyKind::Repost => self.post(copy.object).await?.repost_of,
            CopyKind::Reaction => self.reaction(copy.object).await?.map(|reaction| reaction.post),
            _ => None,
        };
        Ok(target.map(|target| Mine { kind, object: copy.object, target }))
    }
}
