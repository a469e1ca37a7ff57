//! What rendering a post needs to look up first.

use super::{elsewhere, leave};
use crate::render::{Mentioned, NoteParts};
use crate::translate::{Facts, policy};
use crate::urls::Urls;
use crate::vocab::{Node, is_public};
use landbridge_hub::{CopyKind, CopyState, Hub, HubError};
use landbridge_model::{ActorKind, Audience, Id, Network, Post, QuoteState, Time, Visibility};

/// Looks up everything around a post of a member.
pub(crate) async fn note_parts<'a>(
    hub: &Hub,
    urls: &'a Urls,
    name: &'a str,
    post: &'a Post,
) -> Result<NoteParts<'a>, HubError> {
    let in_reply_to = match post.reply_to {
        Some(parent) => native(hub, CopyKind::Post, parent).await?,
        None => None,
    };
    let (quote, stamp) = quote(hub, post).await?;
    let approval = match post.reply_to {
        Some(_) => native(hub, CopyKind::Approval, post.id).await?,
        None => None,
    };
    let community = match post.reply_to.filter(|_| post.visibility.is_open()) {
        Some(parent) => community(hub, urls, parent).await?,
        None => None,
    };
    Ok(NoteParts {
        urls,
        name,
        post,
        mentioned: mentioned(hub, urls, post).await?,
        in_reply_to,
        quote,
        stamp,
        approval,
        community,
        in_chat: in_chat(hub, urls, post).await?,
        context: context(hub, urls, post).await?,
        elsewhere: elsewhere::of_post(hub, post.author, post.id).await?,
        answers: match post.reply_policy {
            Audience::Everyone if post.visibility.is_open() => hub.answers_from(post.author).await?,
            policy => policy,
        },
        now: Time::now(),
    })
}

/// The community that a post elsewhere was posted to, as its `audience` says (FEP-1b12).
pub(super) async fn community(hub: &Hub, urls: &Urls, post: Id) -> Result<Option<String>, HubError> {
    let Some(document) = leave::document_of(hub, urls, post).await? else { return Ok(None) };
    let post = policy::post_in(Node(&document));
    for id in post.ids("audience").filter(|id| !is_public(id)).take(4) {
        let presence = hub.presence_by_native(Network::ActivityPub, id).await?;
        let facts: Option<Facts> = presence.and_then(|p| serde_json::from_value(p.facts).ok());
        if facts.is_some_and(|facts| facts.kind == ActorKind::Group) {
            return Ok(Some(id.to_owned()));
        }
    }
    Ok(None)
}

/// Whether a private thread began with a `ChatMessage`: those answer nothing themselves.
async fn in_chat(hub: &Hub, urls: &Urls, post: &Post) -> Result<bool, HubError> {
    if post.visibility != Visibility::Direct || post.root == post.id {
        return Ok(false);
    }
    let first = leave::document_of(hub, urls, post.root).await?;
    Ok(first.is_some_and(|document| policy::post_in(Node(&document)).is("ChatMessage")))
}

/// The id that a thing has on this network.
pub(crate) async fn native(hub: &Hub, kind: CopyKind, object: Id) -> Result<Option<String>, HubError> {
    Ok(hub.copy_on(kind, object, Network::ActivityPub).await?.map(|copy| copy.native_id))
}

/// The people named who are on this network.
async fn mentioned(hub: &Hub, urls: &Urls, post: &Post) -> Result<Vec<Mentioned>, HubError> {
    let ids: Vec<Id> = post.mentions.iter().map(|m| m.actor).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let presences = hub.presences_of(&ids, Network::ActivityPub).await?;
    let found = post.mentions.iter().filter_map(|mention| {
        let presence = presences.iter().find(|p| p.actor == mention.actor)?;
        let name = urls.member_of(&presence.native_id);
        let address = name.map_or_else(|| mention.acct.clone(), |name| hub.config().address(name));
        let url = match (name, mention.url.is_empty()) {
            (Some(name), _) => urls.page(name),
            (None, true) => presence.native_id.clone(),
            (None, false) => mention.url.clone(),
        };
        let facts: Facts = serde_json::from_value(presence.facts.clone()).unwrap_or_default();
        let is_group = facts.kind == ActorKind::Group;
        Some(Mentioned { acct: mention.acct.clone(), id: presence.native_id.clone(), address, url, is_group })
    });
    Ok(found.collect())
}

/// The quoted post, unless its author has said no; and their leave.
async fn quote(hub: &Hub, post: &Post) -> Result<(Option<String>, Option<String>), HubError> {
    let Some(quote) = post.quote.as_ref() else { return Ok((None, None)) };
    if matches!(quote.state, QuoteState::Rejected | QuoteState::Revoked | QuoteState::Deleted) {
        return Ok((None, None));
    }
    let quoted = match quote.post {
        Some(id) => native(hub, CopyKind::Post, id).await?,
        None => Some(quote.native_id.clone()).filter(|id| id.starts_with("http")),
    };
    let stamp = native(hub, CopyKind::QuoteStamp, post.id).await?;
    Ok((quoted, stamp))
}

/// The thread's collection, when the thread began here.
async fn context(hub: &Hub, urls: &Urls, post: &Post) -> Result<Option<String>, HubError> {
    if post.root == post.id {
        return Ok(Some(urls.context(post.id)));
    }
    let root = hub.copy_on(CopyKind::Post, post.root, Network::ActivityPub).await?;
    let ours = root.filter(|c| c.state != CopyState::Deleted && urls.is_ours(&c.native_id));
    Ok(ours.map(|_| urls.context(post.root)))
}
