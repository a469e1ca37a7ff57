//! Activities that somebody else passed on (ActivityPub, 7.1.2; FEP-1b12): believed for their own proof (FEP-8b32),
//! or because their host says the same when asked. Linked-data signatures are not checked: it is asked instead.

use super::read::{Cx, Not, Read};
use crate::remote::Missing;
use crate::signature::proof;
use crate::vocab::{Node, POST_TYPES, same_authority};
use bytes::Bytes;
use landbridge_hub::What;
use landbridge_model::Network;
use serde_json::Value;

impl Cx<'_> {
    /// Reads what its sender passes on. Whoever else did something of it is had as well: the hub could only ask for them
    /// again.
    pub(super) async fn passed_on(&self, activity: &Value, sender: &str) -> Read {
        let own = sender == self.actor;
        let read = if own { self.read(Node(activity)).await? } else { self.forwarded(activity).await? };
        let mut all = Vec::with_capacity(read.len());
        for one in read {
            let asks = !matches!(one.what, What::Delete { .. } | What::Undo(_) | What::QuoteRevoked { .. });
            if asks
                && one.actor != sender
                && self.hub.presence_by_native(Network::ActivityPub, &one.actor).await?.is_none()
            {
                let found = self.ap.remote_actor(self.hub, &one.actor).await;
                // Asked for again in a moment.
                all.push(found.inspect_err(|_| self.ap.forget_miss(&one.actor))?.incoming());
            }
            all.push(one);
        }
        Ok(all)
    }

    /// Reads an activity whose actor has not signed the request.
    pub(super) async fn forwarded(&self, activity: &Value) -> Read {
        let node = Node(activity);
        let actor = node.id("actor").ok_or(Not::Refused("an activity without actor"))?;
        if self.urls.is_ours(actor) {
            return Err(Not::Ignored("our own, sent back"));
        }
        if self.proved(activity, actor).await {
            let bytes = Bytes::from(serde_json::to_vec(activity).unwrap_or_default());
            return Box::pin(self.with(actor, node, bytes).read(node)).await;
        }
        let target = node.id("object").unwrap_or_default();
        if node.is("Delete") {
            return self.confirmed_delete(target).await;
        }
        if node.is_any(&["Create", "Update"]) && node.object("object").is_none_or(|o| o.is_any(POST_TYPES)) {
            if !same_authority(target, actor) {
                return Err(Not::Refused("somebody else's post"));
            }
            return self.confirmed_post(target, node.is("Update")).await;
        }
        let id = node.own_id().filter(|id| same_authority(id, actor));
        let id = id.ok_or(Not::Refused("an activity that nobody vouches for"))?;
        match self.ap.document(self.hub, id).await {
            Ok(document) if document.node().id("actor") == Some(actor) => {
                let cx = self.with(actor, document.node(), document.bytes.clone());
                Box::pin(cx.read(document.node())).await
            }
            Ok(_) => Err(Not::Refused("an activity of somebody else")),
            Err(later @ (Missing::Later(_) | Missing::Ours(_))) => Err(later.into()),
            Err(_) => Err(Not::Ignored("an activity that its host does not confirm")),
        }
    }

    async fn proved(&self, activity: &Value, actor: &str) -> bool {
        let Some(method) = proof::method(activity) else { return false };
        match self.ap.key(self.hub, method, actor).await {
            Ok(key) => key.actor == actor && proof::verify(activity, &key.key).is_ok(),
            Err(_) => false,
        }
    }
}
