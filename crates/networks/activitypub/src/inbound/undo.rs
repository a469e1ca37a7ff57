//! `Undo` (ActivityPub, 7.10): of a follow, reaction, repost or block, whole or by id.

use super::read::{Cx, Not, Read};
use crate::translate;
use crate::vocab::{Node, same_authority, visibility};
use landbridge_hub::{Undone, What};

impl Cx<'_> {
    pub(super) fn undo(&self, activity: Node<'_>) -> Read {
        let id = activity.id("object").filter(|id| same_authority(id, self.actor)).map(str::to_owned);
        let Some(inner) = activity.object("object").filter(|o| o.has("type")) else {
            return match id {
                Some(id) => self.one(What::Undo(Undone { id: Some(id), what: None })),
                None => Err(Not::Refused("an undo of nothing of its sender")),
            };
        };
        if inner.id("actor").is_some_and(|actor| actor != self.actor) {
            return Err(Not::Refused("an undo of somebody else's act"));
        }
        let target =
            || inner.id("object").map(str::to_owned).ok_or(Not::Refused("an undo of an act without object"));
        let what = if inner.is("Follow") {
            What::Follow { target: target()? }
        } else if inner.is_any(&["Like", "EmojiReact", "Dislike"]) {
            let (content, emoji) = translate::reaction(inner);
            What::React { target: target()?, content, emoji }
        } else if inner.is("Announce") {
            What::Repost { target: target()?, visibility: visibility(inner, None) }
        } else if inner.is("Block") {
            What::Block { target: target()? }
        } else if inner.is("Accept") {
            // A follow of ours that was accepted is so no more.
            let follow = inner.object("object");
            let follower = follow.and_then(|f| f.id("actor")).map(str::to_owned);
            return self
                .one(What::FollowRejected { follow: inner.id("object").map(str::to_owned), follower });
        } else {
            return Err(Not::Ignored("an undo of something that has no effect here"));
        };
        self.one(What::Undo(Undone { id, what: Some(Box::new(what)) }))
    }
}
