//! In which conversations of members a message stands: rows of the transaction that writes it.

use crate::{Draft, Event, EventKind, Hub, HubError};
use landbridge_model::{Id, Mention, Network, Post, Secrecy, Time, Visibility};
use landbridge_store::{
    Change,
    entities::{
        conversations::{self, ConversationRow, NewMessage},
        erasures,
    },
};
use std::time::Duration;

/// How old a message may be to count as written now.
const NOW: Duration = Duration::from_secs(120);
/// People that one message can be addressed to without being named in it.
const MOST_ADDRESSED: usize = 50;

impl Hub {
    /// Puts a message into the conversations of these members. `seen`: nobody needs to be told of it.
    pub(crate) async fn conversation_rows(
        &self,
        post: &Post,
        network: Option<Network>,
        readers: &[Id],
        seen: bool,
    ) -> Result<Vec<Change>, HubError> {
        let everybody = participants(post);
        let key = self.conversation_key(network, post.root, &everybody);
        let mut changes = Vec::with_capacity(readers.len() * 2);
        for reader in readers {
            let others: Vec<Id> = everybody.iter().copied().filter(|id| id != reader).collect();
            let people = people_text(&others);
            changes.extend(conversations::put(&NewMessage {
                id: self.ids().next(),
                member: *reader,
                key: &key,
                network,
                people: &people,
                secrecy: self.label(*reader, network).await?.secrecy.key(),
                post: post.id,
                own: seen || *reader == post.author,
            }));
        }
        Ok(changes)
    }

    /// Those of some members who read a message and have it in no conversation yet: it has named them since.
    pub(crate) async fn joining(&self, post: &Post, members: Vec<Id>) -> Result<Vec<Id>, HubError> {
        let mut joining = Vec::new();
        if post.visibility != Visibility::Direct {
            return Ok(joining);
        }
        for member in members {
            if self.conversations_among(member, &[post.id]).await?.is_empty() {
                joining.push(member);
            }
        }
        Ok(joining)
    }

    /// Who is named in a message and has deleted it for themselves: an edit does not bring it back to them.
    pub(crate) async fn parted_from(&self, post: &Post) -> Result<Vec<Id>, HubError> {
        let mut parted = Vec::new();
        if post.visibility != Visibility::Direct {
            return Ok(parted);
        }
        for Mention { actor, .. } in &post.mentions {
            if self.store().row(erasures::find(self.taken_from(*actor, post.id))).await?.is_some() {
                parted.push(*actor);
            }
        }
        Ok(parted)
    }

    /// The rows of a message that a member writes, who must have agreed if it can be read by more than those before it.
    pub(crate) async fn sent_message_rows(
        &self,
        post: &Post,
        draft: &Draft,
        network: Option<Network>,
        readers: &[Id],
    ) -> Result<Vec<Change>, HubError> {
        let key = self.conversation_key(network, post.root, &participants(post));
        let now = self.label(post.author, network).await?.secrecy;
        let before = self.store().row(conversations::by_key(post.author, &key)).await?;
        let before = before.map(|mut row| ConversationRow::read(&mut row)).transpose()?;
        let agreed = before.and_then(|row| Secrecy::from_key(&row.secrecy));
        if let Some(agreed) = agreed.filter(|agreed| now < *agreed && !draft.accept_weaker) {
            return Err(HubError::Invalid(format!(
                "This conversation is less private than it was. Before: {} Now: {} It was not sent; agree first.",
                agreed.words(),
                now.words()
            )));
        }
        let mut changes = self.conversation_rows(post, network, readers, false).await?;
        changes.push(conversations::agree(post.author, &key, now.key()));
        Ok(changes)
    }

    /// An id for a message written then. Those of now stand in the order of their arrival: on some networks times are whole
    /// seconds, and an answer must not stand before what it answers.
    pub(crate) fn message_id_at(&self, at: Time) -> Id {
        match at.plus(NOW) >= Time::now() {
            true => self.ids().next(),
            false => self.id_at(at),
        }
    }

    /// The same for one that was held at the gate, and arrived then.
    pub(crate) fn held_message_id_at(&self, at: Time, arrived: Time) -> Id {
        self.id_at(if at.plus(NOW) >= arrived { arrived } else { at })
    }

    /// Tells open streams, after the commit.
    pub(crate) fn wake_conversations(&self, post: Id, members: Vec<Id>) {
        if !members.is_empty() {
            self.bus().send(Event { members, public: false, kind: EventKind::Message(post) });
        }
    }

    /// Addresses a message to whom the draft says, and, where a conversation is a set of people, to everybody in it.
    pub(crate) async fn address(
        &self,
        author: Id,
        draft: &Draft,
        parent: Option<&Post>,
        mentions: &mut Vec<Mention>,
    ) -> Result<(), HubError> {
        let mut people: Vec<Id> = draft.to.clone();
        if let Some(parent) = parent.filter(|parent| !parent.visibility.is_open()) {
            let copies = self.copies(crate::CopyKind::Post, parent.id).await?;
            if copies.iter().any(|copy| self.translator(copy.network).is_ok_and(|t| t.has_rooms())) {
                people.extend(participants(parent));
            }
        }
        people.retain(|id| *id != author && !mentions.iter().any(|mention| mention.actor == *id));
        people.sort_unstable();
        people.dedup();
        if people.len() > MOST_ADDRESSED {
            return Err(HubError::invalid("too many people for one message"));
        }
        for actor in self.actors(&people).await? {
            let (acct, url) = (actor.acct(), self.profile_url(&actor));
            mentions.push(Mention { actor: actor.id, acct, url, silent: true });
        }
        Ok(())
    }

    /// What makes messages one conversation: the network, the people (in a fixed order), and the thread where there are
    /// threads.
    pub(super) fn conversation_key(&self, network: Option<Network>, root: Id, everybody: &[Id]) -> Vec<u8> {
        let rooms = network.is_some_and(|network| self.translator(network).is_ok_and(|t| t.has_rooms()));
        let thread = if rooms { Id::default() } else { root };
        let people: Vec<String> = everybody.iter().map(Id::to_string).collect();
        let network = network.map_or("here", Network::key);
        self.keyed_hash(&format!("conversation {network} {thread} {}", people.join(" ")))
    }
}

/// The author and everybody addressed, each once, in a fixed order.
pub(super) fn participants(post: &Post) -> Vec<Id> {
    let mut people: Vec<Id> = post.mentions.iter().map(|mention| mention.actor).collect();
    people.push(post.author);
    people.sort_unstable();
    people.dedup();
    people
}

/// Everybody in a conversation but its member, as the row has them.
pub(super) fn people_of(row: &ConversationRow) -> Vec<Id> {
    serde_json::from_str::<Vec<i64>>(&row.people).unwrap_or_default().into_iter().map(Id).collect()
}

pub(super) fn people_text(people: &[Id]) -> String {
    serde_json::to_string(&people.iter().map(|id| id.0).collect::<Vec<_>>()).unwrap_or_default()
}
