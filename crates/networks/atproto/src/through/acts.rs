//! Likes, reposts, follows, blocks; and whatever is deleted.

use super::Written;
use crate::{
    data::Record,
    translate::{
        acts_in::{self, Found},
        gates_in,
    },
};
use bytes::Bytes;
use landbridge_hub::{CopyKind, HubError, What, publish::FollowOptions};
use landbridge_model::{Actor, Id, Network, Time, Visibility};
use landbridge_store::entities::{
    blocks,
    follows::{self, FollowRow},
    reactions,
};

impl Written<'_> {
    pub(super) async fn act(&self, record: &Record) -> Result<(), HubError> {
        if self.is_known().await? {
            return Ok(());
        }
        let found = Found { place: self.place.clone(), record: record.clone() };
        let (hub, member) = (&self.at.hub, self.member);
        let origin = self.origin_of(record);
        match acts_in::read(&found, None, Time::now()) {
            Some(What::React { target, .. }) => {
                if let Some(post) = self.post_at(&target).await? {
                    hub.react(member, post, "", None, origin).await?;
                }
            }
            Some(What::Repost { target, .. }) => {
                if let Some(post) = self.post_at(&target).await? {
                    hub.repost(member, post, Some(Visibility::Public), origin).await?;
                }
            }
            Some(What::Follow { target }) => {
                if let Some(actor) = self.person(&target).await? {
                    hub.follow(member, actor.id, FollowOptions::default(), origin).await?;
                }
            }
            Some(What::Block { target }) => {
                if let Some(actor) = self.person(&target).await? {
                    hub.block_as(member, actor.id, origin).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Somebody by DID, fetched when they are not known.
    pub(super) async fn person(&self, did: &str) -> Result<Option<Actor>, HubError> {
        let hub = &self.at.hub;
        if let Some(actor) = hub.actor_by_native(Network::AtProto, did).await? {
            return Ok(Some(actor));
        }
        for incoming in crate::lookup::fetch(self.at, hub, did).await? {
            let _ = hub.receive(incoming).await;
        }
        hub.actor_by_native(Network::AtProto, did).await
    }

    /// A record is gone: whatever it was here is taken back, everywhere.
    pub(super) async fn deleted(&self) -> Result<(), HubError> {
        let (hub, member) = (&self.at.hub, self.member);
        if gates_in::post_of(&self.place).is_some() {
            return self.gate(gates_in::none(&self.place)).await;
        }
        let copy = hub.copy(Network::AtProto, &self.place.to_string()).await?;
        let Some(copy) = copy.filter(|copy| copy.actor == member) else { return Ok(()) };
        let origin = self.origin(Bytes::new(), None);
        match copy.kind {
            CopyKind::Post | CopyKind::Repost => {
                hub.delete_post(member, copy.object, origin).await?;
            }
            CopyKind::Reaction => {
                let Some(mut row) = hub.store().row(reactions::own(copy.object, member)).await? else {
                    return Ok(());
                };
                let (post, content): (Id, String) = (row.get(0)?, row.get(1)?);
                hub.unreact(member, post, &content, origin).await?;
            }
            CopyKind::Follow => {
                if let Some(mut row) = hub.store().row(follows::by_id(copy.object)).await? {
                    hub.unfollow(member, FollowRow::read(&mut row)?.target, origin).await?;
                }
            }
            CopyKind::Block => {
                if let Some(mut row) = hub.store().row(blocks::target_of(copy.object, member)).await? {
                    hub.unblock(member, row.get(0)?).await?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
