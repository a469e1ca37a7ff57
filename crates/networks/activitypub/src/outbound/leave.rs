//! Leave to like, answer or boost, where the author's server asks for it (GoToSocial's interaction controls): the act
//! goes to the author alone first, and to everybody else once the author's server has said yes, with the proof of it.

use super::parts::native;
use super::stage::Ox;
use crate::translate::{
    Facts,
    policy::{self, Interaction, Rule},
};
use crate::urls::Urls;
use crate::vocab::{self, Node, is_public};
use landbridge_hub::{CopyKind, Hub, HubError};
use landbridge_model::{Actor, Id, Network, Post};
use serde_json::Value;

/// How a member stands with the author's wishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Leave {
    /// Nobody needs to be asked.
    Free,
    /// Asked, or to be asked; only the author hears of it so far.
    Asked,
    /// Given: id of the proof.
    Given(String),
}

/// The document of a post elsewhere, as it last came here.
pub(crate) async fn document_of(hub: &Hub, urls: &Urls, post: Id) -> Result<Option<Value>, HubError> {
    let Some(id) = native(hub, CopyKind::Post, post).await?.filter(|id| !urls.is_ours(id)) else {
        return Ok(None);
    };
    let original = hub.original(Network::ActivityPub, &id).await?;
    Ok(original.and_then(|bytes| vocab::parse(&bytes).ok()))
}

/// How the member's act `object` on `target` stands. Refuses what the author lets nobody like this member do.
pub(crate) async fn leave(
    hub: &Hub,
    urls: &Urls,
    member: &Actor,
    interaction: Interaction,
    object: Id,
    target: &Post,
) -> Result<Leave, HubError> {
    let Some(document) = document_of(hub, urls, target.id).await? else { return Ok(Leave::Free) };
    let Some(rule) = policy::rule(Node(&document), interaction) else { return Ok(Leave::Free) };
    if let Some(paper) = native(hub, CopyKind::Approval, object).await? {
        return Ok(Leave::Given(paper));
    }
    // Whoever is named in a post may always answer it.
    let named = target.mentions.iter().any(|mention| mention.actor == member.id);
    if interaction == Interaction::Reply && named {
        return Ok(Leave::Free);
    }
    match may_ask(hub, urls, member, target.author, &rule).await? {
        true => Ok(Leave::Asked),
        false => Err(HubError::Forbidden(match interaction {
            Interaction::Like => "its author does not want this post to be liked by you",
            Interaction::Reply => "its author does not want this post to be answered by you",
            Interaction::Announce => "its author does not want this post to be boosted by you",
        })),
    }
}

/// Whether the member is among those who may, asking or not. Collections that are not known count as everybody: their
/// server will decide.
async fn may_ask(hub: &Hub, urls: &Urls, member: &Actor, author: Id, rule: &Rule) -> Result<bool, HubError> {
    let own = urls.actor(&member.username);
    let presence = hub.presence(author, Network::ActivityPub).await?;
    let (author_id, facts) = match presence {
        Some(p) => (p.native_id, serde_json::from_value::<Facts>(p.facts).unwrap_or_default()),
        None => return Ok(true),
    };
    let relation = hub.relationship(member.id, author).await?;
    Ok(rule.free.iter().chain(&rule.on_request).any(|id| match id {
        id if is_public(id) || *id == own => true,
        id if Some(id) == facts.followers.as_ref() => relation.following,
        id if Some(id) == facts.following.as_ref() => relation.followed_by,
        id => *id != author_id,
    }))
}

impl Ox<'_> {
    pub(super) async fn leave_for(
        &self,
        interaction: Interaction,
        object: Id,
        target: &Post,
    ) -> Result<Leave, HubError> {
        leave(self.hub, self.urls, &self.act.member, interaction, object, target).await
    }

    /// The same for a post, which needs leave only as an answer. What is there already is not refused again.
    pub(super) async fn leave_to_answer(&self, post: &Post) -> Result<Leave, HubError> {
        let Some(parent) = post.reply_to else { return Ok(Leave::Free) };
        match self.hub.post(parent).await {
            Ok(parent) => self.leave_for(Interaction::Reply, post.id, &parent).await,
            Err(HubError::NotFound) => Ok(Leave::Free),
            Err(other) => Err(other),
        }
    }
}
