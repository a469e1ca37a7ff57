//! Likes, reposts, follows, blocks.

use super::{BLOCK, FOLLOW, LIKE, REPOST, Records, Staging};
use crate::{data::Map, facts::Facts, syntax::Datetime};
use landbridge_hub::{CopyKind, HubError};
use landbridge_model::{Actor, Id, Network, Post, Reaction, Visibility};

impl Staging<'_> {
    fn dated(&self) -> Map {
        Map::new().with("createdAt", Datetime::of(self.act.at).as_str())
    }

    /// Whatever the reaction is, it is a like there.
    pub(super) async fn like(
        &self,
        reaction: &Reaction,
        target: &Post,
        made: &mut Records,
    ) -> Result<(), HubError> {
        let Some(subject) = self.reference(CopyKind::Post, target.id).await? else { return Ok(()) };
        let path = self.create(LIKE, self.dated().with("subject", subject.to_map()), made)?;
        made.copies.push((CopyKind::Reaction, reaction.id, path));
        Ok(())
    }

    pub(super) async fn repost(
        &self,
        repost: &Post,
        target: &Post,
        made: &mut Records,
    ) -> Result<(), HubError> {
        // A repost for followers alone would be public there.
        if repost.visibility != Visibility::Public {
            return Ok(());
        }
        let Some(subject) = self.reference(CopyKind::Post, target.id).await? else { return Ok(()) };
        let path = self.create(REPOST, self.dated().with("subject", subject.to_map()), made)?;
        made.copies.push((CopyKind::Repost, repost.id, path));
        Ok(())
    }

    pub(super) async fn follow(&self, id: Id, target: &Actor, made: &mut Records) -> Result<(), HubError> {
        let Some(did) = self.did_of(target).await? else { return Ok(()) };
        let path = self.create(FOLLOW, self.dated().with("subject", did.as_str()), made)?;
        made.copies.push((CopyKind::Follow, id, path));
        Ok(())
    }

    /// A block is public there, so it is written only for members who have said that it may be.
    pub(super) async fn block(&self, id: Id, target: &Actor, made: &mut Records) -> Result<(), HubError> {
        if !Facts::of(&self.act.presence).public_blocks {
            return Ok(());
        }
        let Some(did) = self.did_of(target).await? else { return Ok(()) };
        let path = self.create(BLOCK, self.dated().with("subject", did.as_str()), made)?;
        made.copies.push((CopyKind::Block, id, path));
        Ok(())
    }

    async fn did_of(&self, actor: &Actor) -> Result<Option<String>, HubError> {
        let presence = self.hub.presence(actor.id, Network::AtProto).await?;
        Ok(presence.map(|presence| presence.native_id))
    }
}
