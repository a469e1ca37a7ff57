//! Somebody elsewhere blocks a member: both are hidden from each other, and follows end.

use super::{Sent, halt::Halt, repost::act_copy, tombs};
use crate::{CopyKind, Hub, Received, gate};
use landbridge_store::{
    Write,
    entities::{blocks, copies, home, notifications},
};

pub(super) const ACT: &str = "block";

impl Hub {
    pub(super) async fn receive_block(&self, sent: &Sent, target: &str) -> Result<Received, Halt> {
        let member = self.member_by_native(sent.network, target).await?;
        let id = self.ids().next();
        let mut write = Write::default();
        let guard =
            tombs::guard(self, sent.network, &sent.native, sent.id.as_deref(), Some((ACT, target)), sent.at);
        write.extend(guard);
        if let Some(native_id) = &sent.id {
            write.push(copies::insert(&act_copy(sent, native_id, CopyKind::Block, id), None, None));
        }
        write.push(blocks::insert(id, sent.actor.id, member.id, sent.at));
        write.extend(self.part(sent.actor.id, member.id).await?);
        write.extend(gate::parted(member.id, sent.actor.id));
        write.push(home::forget_author(member.id, sent.actor.id));
        write.push(notifications::forget_actor(member.id, sent.actor.id));
        self.store().write(write).await?;
        self.relations_changed(member.id, sent.actor.id);
        Ok(Received::Stored(None))
    }
}
