//! Reposts, kinds 6 and 16 (NIP-18); reactions, kind 7 (NIP-25); votes, kind 1018 (NIP-88); reports, kind 1984 (NIP-56).

use super::{Made, Staging};
use crate::{
    event::{Hex32, Tag, Template, kind},
    nips::{n25, n56, n88},
};
use landbridge_hub::{CopyKind, HubError};
use landbridge_model::{Actor, Network, Post, Reaction, Visibility};

impl Staging<'_> {
    pub(super) async fn repost(&self, repost: &Post, target: &Post) -> Result<Option<Made>, HubError> {
        let Some(event) = self.event_of(CopyKind::Post, target.id).await? else { return Ok(None) };
        // NIP-70: its author did not want it elsewhere.
        if event.is_protected() {
            return Ok(None);
        }
        let relay = self.seen_at(&event).await?;
        let mut tags: Vec<Tag> = vec![
            vec!["e".into(), event.id.to_string(), relay.clone()],
            vec!["p".into(), event.pubkey.to_string()],
        ];
        let kind = if event.kind == kind::NOTE { kind::REPOST } else { kind::GENERIC_REPOST };
        if kind == kind::GENERIC_REPOST {
            tags.push(vec!["k".into(), event.kind.to_string()]);
            tags.extend(event.address().map(|a| vec!["a".into(), a, relay]));
        }
        let template =
            Template { created_at: repost.created_at.secs(), kind, tags, content: event.json.to_string() };
        let relays = self.with_inboxes(self.facts.relays.write.clone(), &[event.pubkey]).await?;
        Ok(Some(Made { template, copy: Some((CopyKind::Repost, repost.id)), relays, base: None }))
    }

    pub(super) async fn react(&self, reaction: &Reaction, target: &Post) -> Result<Option<Made>, HubError> {
        let Some(event) = self.event_of(CopyKind::Post, target.id).await? else { return Ok(None) };
        let relay = self.seen_at(&event).await?;
        let (tags, content) = n25::write(&event, &relay, &reaction.content, reaction.emoji.as_ref());
        let template = Template { created_at: reaction.at.secs(), kind: kind::REACTION, tags, content };
        let relays = self.with_inboxes(self.facts.relays.write.clone(), &[event.pubkey]).await?;
        Ok(Some(Made { template, copy: Some((CopyKind::Reaction, reaction.id)), relays, base: None }))
    }

    pub(super) async fn vote(&self, poll: &Post, choices: &[usize]) -> Result<Option<Made>, HubError> {
        let Some(event) = self.event_of(CopyKind::Post, poll.id).await? else { return Ok(None) };
        if event.kind != kind::POLL {
            return Ok(None);
        }
        let relay = self.seen_at(&event).await?;
        let tags = n88::write_vote(&event, &relay, choices);
        let template =
            Template { created_at: self.act.at.secs(), kind: kind::VOTE, tags, content: String::new() };
        let mut relays = self.with_inboxes(self.facts.relays.write.clone(), &[event.pubkey]).await?;
        // NIP-88: votes are collected at the relays that the poll names.
        relays.extend(event.tags.iter().filter_map(|t| match t.as_slice() {
            [name, url, ..] if name == "relay" => crate::nips::n65::normal(url),
            _ => None,
        }));
        Ok(Some(Made { template, copy: None, relays, base: None }))
    }

    /// Public, and under the member's name: only when the member wants it so. What was said in private is not named.
    pub(super) async fn report(
        &self,
        target: &Actor,
        posts: &[Post],
        comment: &str,
        category: &str,
    ) -> Result<Option<Made>, HubError> {
        let Some(presence) = self.hub.presence(target.id, Network::Nostr).await? else { return Ok(None) };
        let Ok(key) = presence.native_id.parse::<Hex32>() else { return Ok(None) };
        let mut events = Vec::new();
        for post in posts.iter().filter(|post| post.visibility == Visibility::Public) {
            events.extend(self.event_of(CopyKind::Post, post.id).await?.map(|event| event.id));
        }
        let template = Template {
            created_at: self.act.at.secs(),
            kind: kind::REPORT,
            tags: n56::write(&key, &events, category),
            content: comment.to_owned(),
        };
        Ok(Some(Made { template, copy: None, relays: self.facts.relays.write.clone(), base: None }))
    }
}
