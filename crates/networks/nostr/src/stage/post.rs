//! Posts, kinds 1, 1068, 1111; deletions, kind 5 (NIP-09).

use super::{Made, Staging};
use crate::{
    event::{Hex32, TagsExt, Template, kind},
    facts::Facts,
    nips::{n10, n19::Pointer},
    translate::post_out::{self, Outgoing, Person, Quoted},
};
use landbridge_hub::{CopyKind, HubError};
use landbridge_model::{Id, Media, Network, Post};

impl Staging<'_> {
    pub(super) async fn post(&self, post: &Post) -> Result<Option<Made>, HubError> {
        let mut outgoing = Outgoing { relays: self.facts.relays.read.clone(), ..Outgoing::default() };
        if let Some(parent) = post.reply_to {
            // An answer without its parent would be a riddle.
            let Some(parent) = self.event_of(CopyKind::Post, parent).await? else { return Ok(None) };
            outgoing.root_author = self.author_of(n10::read(&parent.tags).root).await?;
            let relay = self.seen_at(&parent).await?;
            outgoing.parent = Some((parent, relay));
        }
        let named: Vec<Id> = post.mentions.iter().map(|m| m.actor).collect();
        for presence in self.hub.presences_of(&named, Network::Nostr).await? {
            let Ok(key) = presence.native_id.parse::<Hex32>() else { continue };
            let mentions = post.mentions.iter().filter(|m| m.actor == presence.actor);
            outgoing.people.push(Person {
                key,
                relays: Facts::of(&presence).outbox(),
                named: mentions.map(|m| m.acct.clone()).collect(),
            });
        }
        outgoing.quote = self.quote(post).await?;
        outgoing.media = self.media_urls(post);
        let template = post_out::write(post, &outgoing);
        let relays = self.with_inboxes(self.facts.relays.write.clone(), &template.tags.people()).await?;
        Ok(Some(Made { template, copy: Some((CopyKind::Post, post.id)), relays, base: None }))
    }

    /// Where each attachment is found.
    pub(super) fn media_urls(&self, post: &Post) -> Vec<(Media, String)> {
        let url = |media: &Media| match &media.file {
            Some(file) => Some(self.hub.config().url(&landbridge_media::url_path(file))),
            None => media.remote_url.clone(),
        };
        post.media.iter().filter_map(|media| Some((media.clone(), url(media)?))).collect()
    }

    async fn author_of(&self, event: Option<String>) -> Result<Option<Hex32>, HubError> {
        let Some(event) = event else { return Ok(None) };
        Ok(super::event_by_native(self.hub, &event).await?.map(|e| e.pubkey))
    }

    async fn quote(&self, post: &Post) -> Result<Option<Quoted>, HubError> {
        let Some(quote) = &post.quote else { return Ok(None) };
        if let Some(quoted) = quote.post
            && let Some(event) = self.event_of(CopyKind::Post, quoted).await?
        {
            let relays = vec![self.seen_at(&event).await?];
            let author = event.pubkey;
            let pointer = match event.class() {
                crate::event::Class::Addressable => {
                    Pointer::Address { kind: event.kind, author, d: event.d().into(), relays }
                }
                _ => Pointer::Event { id: event.id, author: Some(author), kind: Some(event.kind), relays },
            };
            return Ok(Some(Quoted::Event { pointer, author }));
        }
        let url = Some(quote.native_id.clone())
            .filter(|id| id.starts_with("https://") || id.starts_with("http://"));
        Ok(url.map(Quoted::Page))
    }

    /// Asks every relay that ever got it to delete a thing. What was never signed needs no asking.
    pub(super) async fn delete(&self, kind: CopyKind, object: Id) -> Result<Option<Made>, HubError> {
        let Some(event) = self.event_of(kind, object).await? else { return Ok(None) };
        let mut tags = vec![vec!["e".into(), event.id.to_string()]];
        tags.extend(event.address().map(|a| vec!["a".into(), a]));
        tags.push(vec!["k".into(), event.kind.to_string()]);
        // Never before what it deletes, or an address would not be covered.
        let created_at = self.act.at.secs().max(event.created_at);
        let template = Template { created_at, kind: kind::DELETION, tags, content: String::new() };
        let mut relays = self.facts.relays.write.clone();
        relays.extend(self.hub.sent_to(Network::Nostr, object).await?.into_iter().map(|d| d.url));
        Ok(Some(Made { template, copy: None, relays, base: None }))
    }
}
