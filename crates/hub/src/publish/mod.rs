//! What members do, one file an act. Each act is checked, staged by the networks it reaches, and written once.

mod block;
pub(crate) mod commit;
mod delete;
mod edit;
mod follow;
mod pin;
mod post;
mod react;
mod report;
mod repost;
mod text;
mod vote;

pub(crate) use commit::{Commit, Reach};
pub(crate) use delete::uncount;
pub use follow::FollowOptions;
pub(crate) use follow::{accepted_changes, ended_changes};
pub use post::NetworkPreview;
pub(crate) use post::{row, searchable};
pub(crate) use react::kind_of;
pub use report::NewReport;
pub(crate) use repost::blank;

use crate::{Hub, HubError, Origin, receive::ANSWERED};
use futures_util::future::BoxFuture;
use landbridge_model::{Actor, ActorState, Id, Post, Time};

/// Suspended and deactivated members read, but do not write.
pub(crate) fn may_act(member: &Actor) -> Result<(), HubError> {
    match member.state {
        ActorState::Active | ActorState::Limited => Ok(()),
        ActorState::Deactivated => {
            Err(HubError::Forbidden("this account is deactivated; reactivate it first"))
        }
        ActorState::Suspended => Err(HubError::Forbidden("this account is suspended")),
        ActorState::Deleted => Err(HubError::NotFound),
    }
}

const TRIES: u32 = 4;

/// Does it again, when somebody whom the gate asks about it has answered meanwhile.
pub(crate) async fn asking<'a, T>(
    act: impl Fn() -> BoxFuture<'a, Result<T, HubError>> + Send + Sync,
) -> Result<T, HubError> {
    for _ in 1..TRIES {
        match act().await {
            Err(HubError::Conflict(ANSWERED)) => {}
            done => return done,
        }
    }
    act().await
}

/// When an act was done that came along with an account; `None`: it is done now.
pub(crate) fn brought(origin: Option<&Origin>) -> Option<Time> {
    origin?.brought
}

impl Hub {
    /// The id of what is done now, or was done then.
    pub(crate) fn id_for(&self, brought: Option<Time>) -> Id {
        brought.map_or_else(|| self.ids().next(), |at| self.id_at(at))
    }

    /// A member who may act now.
    pub(crate) async fn acting(&self, member: Id) -> Result<Actor, HubError> {
        let actor = self.actor(member).await?;
        may_act(&actor)?;
        match actor.is_member() {
            true => Ok(actor),
            false => Err(HubError::NotFound),
        }
    }

    /// A post that the member can see and may answer to, no repost; not one of somebody who has blocked them.
    pub(crate) async fn target(&self, member: Id, post: Id) -> Result<Post, HubError> {
        let mut post = self.post(post).await?;
        if let Some(original) = post.repost_of {
            post = self.post(original).await?;
        }
        match self.may_read(&post, Some(member)).await? {
            true => Ok(post),
            false => Err(HubError::NotFound),
        }
    }

    /// A post of the member's own.
    pub(crate) async fn own(&self, member: Id, post: Id) -> Result<Post, HubError> {
        let post = self.post(post).await?;
        match post.author == member && post.origin.is_none() {
            true => Ok(post),
            false => Err(HubError::NotFound),
        }
    }
}
