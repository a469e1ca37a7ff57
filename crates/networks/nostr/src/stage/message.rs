//! Private messages of members (NIP-17): a rumor, and a gift wrap for each who is to have it, the member's own apps too.
//! Only to relays that the recipient has named for them (kind 10050).

use super::{Staging, destination};
use crate::{
    event::{Event, Hex32, Keys, Tag, Template, kind},
    keys::Signs,
    nips::{
        n17,
        n59::{self, Rumor},
    },
    private::relays,
    relay::store_changes,
    translate::post_out::{Outgoing, Person},
};
use bytes::Bytes;
use landbridge_hub::{CopyKind, CopyState, HubError, Payload, Staged, StagedCopy};
use landbridge_model::{Id, Network, Post, Reaction};
use landbridge_store::entities::nostr_wraps;

/// Somebody in a conversation.
struct Reader {
    key: Hex32,
    relays: Vec<String>,
}

impl Staging<'_> {
    pub(super) async fn message(&self, staged: &mut Staged, post: &Post) -> Result<(), HubError> {
        let keys = self.keys_held().await?;
        let readers = self.readers(post).await?;
        let mut outgoing = Outgoing::default();
        for presence in self.people(post).await? {
            let Ok(key) = presence.native_id.parse::<Hex32>() else { continue };
            let mentions = post.mentions.iter().filter(|m| m.actor == presence.actor);
            let relays = readers.iter().filter(|r| r.key == key).flat_map(|r| r.relays.clone()).collect();
            outgoing.people.push(Person { key, relays, named: mentions.map(|m| m.acct.clone()).collect() });
        }
        outgoing.media = self.media_urls(post);
        let parent = match post.reply_to {
            Some(parent) => self.hub.copy_on(CopyKind::Post, parent, Network::Nostr).await?,
            None => None,
        };
        let template = n17::write(post, parent.map(|copy| copy.native_id).as_deref(), &outgoing);
        let rumor = Rumor::of(template, &keys.public());
        staged.copies.push(copy(CopyKind::Post, post.id, &rumor, true));
        self.give(staged, &keys, &rumor, readers, Some(&rumor.id.to_string())).await
    }

    pub(super) async fn react_privately(
        &self,
        staged: &mut Staged,
        reaction: &Reaction,
        target: &Post,
    ) -> Result<(), HubError> {
        let Some(about) = self.hub.copy_on(CopyKind::Post, target.id, Network::Nostr).await? else {
            return Ok(());
        };
        let keys = self.keys_held().await?;
        let mut tags: Vec<Tag> = vec![vec!["e".into(), about.native_id.clone()]];
        let readers = self.readers(target).await?;
        tags.extend(readers.iter().map(|reader| vec!["p".into(), reader.key.to_string()]));
        tags.push(vec!["k".into(), kind::CHAT_MESSAGE.to_string()]);
        let content = if reaction.content.is_empty() { "+".to_owned() } else { reaction.content.clone() };
        let rumor = self.rumor(&keys, kind::REACTION, tags, content);
        staged.copies.push(copy(CopyKind::Reaction, reaction.id, &rumor, false));
        self.give(staged, &keys, &rumor, readers, Some(&about.native_id)).await
    }

    /// Asks everybody in the conversation to delete a message or a reaction.
    pub(super) async fn delete_privately(
        &self,
        staged: &mut Staged,
        of: CopyKind,
        object: Id,
        conversation: &Post,
    ) -> Result<(), HubError> {
        let Some(copy) = self.hub.copy_on(of, object, Network::Nostr).await? else { return Ok(()) };
        let keys = self.keys_held().await?;
        let deleted = if of == CopyKind::Post { kind::CHAT_MESSAGE } else { kind::REACTION };
        let readers = self.readers(conversation).await?;
        let mut tags: Vec<Tag> =
            vec![vec!["e".into(), copy.native_id], vec!["k".into(), deleted.to_string()]];
        tags.extend(readers.iter().map(|reader| vec!["p".into(), reader.key.to_string()]));
        let rumor = self.rumor(&keys, kind::DELETION, tags, String::new());
        self.give(staged, &keys, &rumor, readers, None).await
    }

    fn rumor(&self, keys: &Keys, kind: u16, tags: Vec<Tag>, content: String) -> Rumor {
        Rumor::of(Template { created_at: self.act.at.secs(), kind, tags, content }, &keys.public())
    }

    async fn keys_held(&self) -> Result<Keys, HubError> {
        match Signs::of(self.hub, self.act.member.id).await? {
            Signs::Here(keys) => Ok(keys),
            Signs::Outside(_) => {
                Err(HubError::Forbidden("your key is with your own signer: write from your Nostr app"))
            }
        }
    }

    /// Everybody in the conversation of a message but the member.
    async fn people(&self, post: &Post) -> Result<Vec<landbridge_model::Presence>, HubError> {
        let mut people: Vec<Id> = post.mentions.iter().map(|m| m.actor).collect();
        people.push(post.author);
        people.retain(|id| *id != self.act.member.id);
        self.hub.presences_of(&people, Network::Nostr).await
    }

    /// The same with their relays, which were looked up before.
    async fn readers(&self, post: &Post) -> Result<Vec<Reader>, HubError> {
        let members = self.nostr.relay().await?.members().clone();
        let mut readers = Vec::new();
        for presence in self.people(post).await? {
            let Ok(key) = presence.native_id.parse::<Hex32>() else { continue };
            let relays = match members.of(&key) {
                Some(_) => relays::of_member(self.nostr, self.hub, &presence).await?,
                None => crate::facts::Facts::of(&presence).messages,
            };
            readers.push(Reader { key, relays });
        }
        Ok(readers)
    }

    /// Wraps a rumor for each reader and for the member. `about`: the message that it is, or says something about: whom the
    /// gate keeps that from does not see it on our relay.
    async fn give(
        &self,
        staged: &mut Staged,
        keys: &Keys,
        rumor: &Rumor,
        readers: Vec<Reader>,
        about: Option<&str>,
    ) -> Result<(), HubError> {
        for reader in &readers {
            let payload = self.wrapped(staged, keys, rumor, reader, about)?;
            staged.payloads.push(payload);
        }
        let relays = relays::of_member(self.nostr, self.hub, &self.act.presence).await?;
        let own = Reader { key: keys.public(), relays };
        let payload = self.wrapped(staged, keys, rumor, &own, about)?;
        staged.own_copies.push(payload);
        Ok(())
    }

    /// The wrap for one reader; on our relay at once, where it is one of theirs.
    fn wrapped(
        &self,
        staged: &mut Staged,
        keys: &Keys,
        rumor: &Rumor,
        reader: &Reader,
        about: Option<&str>,
    ) -> Result<Payload, HubError> {
        let long = |_| HubError::invalid("this message is too long for Nostr");
        let wrap: Event = n59::gift(keys, rumor, &reader.key, self.act.at.secs()).map_err(long)?;
        let own = self.nostr.relay_url();
        if reader.relays.iter().any(|url| url == own) {
            staged.changes.extend(store_changes(self.hub, &wrap, 0, own));
            staged.changes.extend(about.map(|rumor| nostr_wraps::insert(&wrap.id.to_string(), rumor)));
        }
        let destinations = reader.relays.iter().map(|url| destination(url)).collect();
        Ok(Payload {
            bytes: Bytes::copy_from_slice(wrap.json.as_bytes()),
            private: true,
            destinations,
            settled: None,
        })
    }
}

/// What a member's own app has sent: nothing is left to do but to know it.
pub(super) fn sent_already(copy_of: Option<(CopyKind, Id)>, rumor: &Rumor) -> Staged {
    let copies = copy_of.map(|(kind, object)| copy(kind, object, rumor, kind == CopyKind::Post));
    Staged { copies: copies.into_iter().collect(), ..Staged::default() }
}

/// `kept`: with the rumor itself, which is sealed with the message's key; a reaction has no key of its own.
fn copy(kind: CopyKind, object: Id, rumor: &Rumor, kept: bool) -> StagedCopy {
    StagedCopy {
        kind,
        object,
        native_id: rumor.id.to_string(),
        version: None,
        url: None,
        original: kept.then(|| Bytes::from(rumor.json())),
        state: CopyState::Live,
    }
}
