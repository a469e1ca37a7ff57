//! `Delete` (ActivityPub, 7.4): of a post, of an actor, or of a leave to quote (FEP-044f).

use super::read::{Cx, Not, Read};
use crate::vocab::{Node, same_authority};
use landbridge_hub::{CopyKind, What};
use landbridge_model::Network;

impl Cx<'_> {
    pub(super) async fn delete(&self, activity: Node<'_>) -> Read {
        let target = self.object(activity)?;
        if target == self.actor {
            self.ap.forget_actor(target);
            return self.one(What::Gone);
        }
        if !same_authority(target, self.actor) {
            return Err(Not::Refused("a delete of another host's object"));
        }
        let typed = activity.object("object").is_some_and(|o| o.is("QuoteAuthorization"));
        let known = self.hub.copy(Network::ActivityPub, target).await?;
        if typed || known.is_some_and(|copy| copy.kind == CopyKind::QuoteStamp) {
            return self.one(What::QuoteRevoked { stamp: target.to_owned() });
        }
        self.one(What::Delete { target: target.to_owned() })
    }
}
