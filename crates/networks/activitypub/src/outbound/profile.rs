//! The actor itself: `Update`, pins by `Add` and `Remove`, `Move`, and `Delete` of an account.

use super::elsewhere;
use super::stage::Ox;
use crate::render::{self, ActorParts, activity};
use crate::urls::Urls;
use crate::vocab::PUBLIC;
use landbridge_hub::{Hub, HubError, Staged};
use landbridge_model::{Actor, Network, Post};
use serde_json::{Value, json};

/// A member's actor document.
pub(crate) async fn document(hub: &Hub, urls: &Urls, actor: &Actor) -> Result<Value, HubError> {
    let key = |kind| hub.public_key(actor.id, Network::ActivityPub, kind);
    let pem = key("rsa").await?.ok_or(HubError::NotFound)?;
    let multibase = key("ed25519").await?;
    let moved_to = match actor.moved_to {
        Some(home) => hub.presence(home, Network::ActivityPub).await?.map(|p| p.native_id),
        None => None,
    };
    Ok(render::actor(&ActorParts {
        urls,
        actor,
        pem: &pem,
        multibase: multibase.as_deref(),
        address: hub.config().address(&actor.username),
        moved_to,
        elsewhere: elsewhere::of_actor(hub, actor.id).await?,
    }))
}

impl Ox<'_> {
    pub(super) async fn profile(&self) -> Result<Staged, HubError> {
        let mut readers = self.audience();
        readers.followers(self.act.member.id).await?;
        let readers = readers.destinations();
        if readers.is_empty() {
            return Ok(Staged::default());
        }
        let mut document = document(self.hub, self.urls, &self.act.member).await?;
        if let Value::Object(map) = &mut document {
            map.remove("@context");
        }
        let id = format!("{}#update-{}", self.actor, self.act.id);
        self.send(activity("Update", &id, &self.actor, document, json!({"to": [PUBLIC]})), true, readers)
            .await
    }

    pub(super) async fn pin(&self, post: &Post, kind: &str) -> Result<Staged, HubError> {
        let mut readers = self.audience();
        readers.followers(self.act.member.id).await?;
        let object = self.urls.post(self.name(), post.id);
        let id = format!("{}#{}-{}", self.actor, kind.to_lowercase(), self.act.id);
        let fields = json!({"target": self.urls.of_actor(self.name(), "featured"), "to": [PUBLIC]});
        let pinned = activity(kind, &id, &self.actor, object.into(), fields);
        self.send(pinned, true, readers.destinations()).await
    }

    pub(super) async fn moved(&self, to: &str) -> Result<Staged, HubError> {
        let mut readers = self.audience();
        readers.followers(self.act.member.id).await?;
        let id = format!("{}#move-{}", self.actor, self.act.id);
        let fields = json!({"target": to, "to": [self.urls.of_actor(self.name(), "followers")]});
        let moved = activity("Move", &id, &self.actor, self.actor.as_str().into(), fields);
        self.send(moved, true, readers.destinations()).await
    }

    /// For good: `Delete(actor)`. For a while: the actor says that it is suspended, which others undo when it is not
    /// any more.
    pub(super) async fn leave(&self, forever: bool) -> Result<Staged, HubError> {
        let mut everybody = self.audience();
        everybody.followers(self.act.member.id).await?;
        everybody.followed(self.act.member.id).await?;
        everybody.all_who_have(self.act.member.id).await?;
        let to = json!({"to": [PUBLIC]});
        if forever {
            let id = format!("{}#delete", self.actor);
            let delete = activity("Delete", &id, &self.actor, self.actor.as_str().into(), to);
            return self.send(delete, true, everybody.destinations()).await;
        }
        let mut document = document(self.hub, self.urls, &self.act.member).await?;
        if let Value::Object(map) = &mut document {
            map.remove("@context");
            map.insert("suspended".into(), true.into());
        }
        let id = format!("{}#update-{}", self.actor, self.act.id);
        self.send(activity("Update", &id, &self.actor, document, to), true, everybody.destinations()).await
    }
}
