//! `Delete` (ActivityPub, 7.4): of a post, of an actor, or of a leave to quote (FEP-044f).

use super::read::{Cx, Not, Read};
use crate::remote::Missing;
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

    /// A `Delete` whose sender's key, on their own host, is gone, so that nobody can tell who signed it: that host must say
    /// that they are gone as well. That it has nothing there is not enough: anybody may have sent this.
    pub(super) async fn farewell(&self, activity: Node<'_>, key_id: &str) -> Read {
        let gone = Not::Ignored("delete by somebody gone");
        let known = self.hub.presence_by_native(Network::ActivityPub, self.actor).await?.is_some();
        let own = same_authority(key_id, self.actor) && activity.id("object") == Some(self.actor);
        if !known || !own {
            return Err(gone);
        }
        match self.ap.document(self.hub, self.actor).await {
            Err(Missing::Gone) => {
                self.ap.forget_actor(self.actor);
                self.one(What::Gone)
            }
            Err(Missing::Later(why) | Missing::Ours(why)) => Err(Not::Later(why)),
            _ => Err(gone),
        }
    }
}
