//! `Follow` and answers to it, `Block`, `Flag`, and their `Undo`.

use super::parts::native;
use super::stage::Ox;
use crate::render::activity;
use landbridge_hub::{CopyKind, Destination, HubError, Staged};
use landbridge_model::{Actor, Id, Network, Post};
use serde_json::{Map, Value, json};

/// Native id and inboxes of one actor.
struct Other {
    id: String,
    inboxes: Vec<Destination>,
}

impl Ox<'_> {
    async fn other(&self, actor: &Actor) -> Result<Option<Other>, HubError> {
        let Some(presence) = self.hub.presence(actor.id, Network::ActivityPub).await? else {
            return Ok(None);
        };
        let id = presence.native_id.clone();
        let mut inboxes = self.audience();
        inboxes.presence(presence);
        Ok(Some(Other { id, inboxes: inboxes.destinations() }))
    }

    fn act_on(&self, kind: &str, what: &str, id: Id, other: &Other) -> Map<String, Value> {
        let id = self.urls.act(self.name(), what, id);
        activity(kind, &id, &self.actor, other.id.as_str().into(), json!({"to": [other.id]}))
    }

    pub(super) async fn follow(&self, id: Id, target: &Actor) -> Result<Staged, HubError> {
        let Some(other) = self.other(target).await? else { return Ok(Staged::default()) };
        let follow = self.act_on("Follow", "follows", id, &other);
        let copy = self.copy(CopyKind::Follow, id, self.urls.act(self.name(), "follows", id), None);
        let mut staged = self.send(follow, false, other.inboxes).await?;
        staged.copies.push(copy);
        Ok(staged)
    }

    pub(super) async fn unfollow(&self, id: Id, target: &Actor) -> Result<Staged, HubError> {
        let Some(other) = self.other(target).await? else { return Ok(Staged::default()) };
        self.send_undo(self.act_on("Follow", "follows", id, &other), false, other.inboxes).await
    }

    /// `Accept` or `Reject`, with the whole follow inside.
    pub(super) async fn answer_follow(
        &self,
        kind: &str,
        id: Id,
        follower: &Actor,
    ) -> Result<Staged, HubError> {
        let Some(other) = self.other(follower).await? else { return Ok(Staged::default()) };
        let theirs = native(self.hub, CopyKind::Follow, id).await?;
        let follow_id = theirs.unwrap_or_else(|| format!("{}#follow-{id}", other.id));
        let follow = activity("Follow", &follow_id, &other.id, self.actor.as_str().into(), Value::Null);
        let answer_id = format!("{}#{}-{}", self.actor, kind.to_lowercase(), self.act.id);
        let answer =
            activity(kind, &answer_id, &self.actor, Value::Object(follow), json!({"to": [other.id]}));
        self.send(answer, false, other.inboxes).await
    }

    /// To the blocked one's server alone, which then hides both from each other.
    pub(super) async fn block(&self, id: Id, target: &Actor) -> Result<Staged, HubError> {
        let Some(other) = self.other(target).await? else { return Ok(Staged::default()) };
        let block = self.act_on("Block", "blocks", id, &other);
        let copy = self.copy(CopyKind::Block, id, self.urls.act(self.name(), "blocks", id), None);
        let mut staged = self.send(block, false, other.inboxes).await?;
        staged.copies.push(copy);
        Ok(staged)
    }

    pub(super) async fn unblock(&self, id: Id, target: &Actor) -> Result<Staged, HubError> {
        let Some(other) = self.other(target).await? else { return Ok(Staged::default()) };
        self.send_undo(self.act_on("Block", "blocks", id, &other), false, other.inboxes).await
    }

    /// In the server's name, so that the reported do not learn who it was. Delivery signs accordingly.
    pub(super) async fn report(
        &self,
        target: &Actor,
        posts: &[Post],
        comment: &str,
    ) -> Result<Staged, HubError> {
        let Some(other) = self.other(target).await? else { return Ok(Staged::default()) };
        let mut objects = vec![Value::from(other.id.as_str())];
        for post in posts {
            objects.extend(native(self.hub, CopyKind::Post, post.id).await?.map(Value::from));
        }
        let server = self.urls.instance_actor();
        let id = format!("{server}#report-{}", self.act.id);
        let fields = json!({"content": comment, "to": [other.id]});
        let flag = activity("Flag", &id, &server, Value::Array(objects), fields);
        self.send(flag, false, other.inboxes).await
    }
}
