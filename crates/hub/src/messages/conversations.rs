//! A member's conversations, for reading.

use super::{Label, Standing, rows::people_of};
use crate::{
    Hub, HubError, Page, PostView,
    reading::{Filter, Thread, pairs},
};
use landbridge_model::{Actor, Id, Network, Secrecy};
use landbridge_store::entities::conversations::{self, ConversationRow};
use std::collections::HashMap;

/// Most conversations and messages of one page.
const MOST: u32 = 40;

/// A conversation as one of its members here sees it.
#[derive(Clone, Debug)]
pub struct Conversation {
    pub id: Id,
    /// `None`: between members of this server.
    pub network: Option<Network>,
    /// Everybody in it but the member.
    pub people: Vec<Actor>,
    pub last: Option<PostView>,
    /// To page by.
    pub last_post: Id,
    pub unread: u64,
    /// Who can read what is written now.
    pub label: Label,
    /// What the member agreed to; when that is more than the label, it has become less private.
    pub agreed: Secrecy,
}

impl Conversation {
    /// The member has to agree before writing on.
    pub fn is_weaker(&self) -> bool {
        self.label.secrecy < self.agreed
    }
}

/// One message of a conversation.
#[derive(Clone, Debug)]
pub struct Message {
    pub view: PostView,
    /// Of the member's own.
    pub standing: Option<Standing>,
}

impl Hub {
    /// A member's conversations, the one with the newest message first. Paged by the ids of last messages.
    pub async fn conversations(&self, member: Id, page: Page) -> Result<Vec<Conversation>, HubError> {
        let window = page.window(page.limit(MOST));
        let mut rows = Vec::new();
        for mut row in self.store().rows(conversations::page(member, window)).await? {
            rows.push(ConversationRow::read(&mut row)?);
        }
        if page.upward() {
            rows.reverse();
        }
        self.conversations_of(member, rows).await
    }

    pub async fn conversation(&self, member: Id, id: Id) -> Result<Conversation, HubError> {
        let mut row = self.store().row(conversations::one(member, id)).await?.ok_or(HubError::NotFound)?;
        let row = ConversationRow::read(&mut row)?;
        self.conversations_of(member, vec![row]).await?.pop().ok_or(HubError::NotFound)
    }

    /// The member's conversation that a message stands in.
    pub async fn conversation_with(&self, member: Id, post: Id) -> Result<Conversation, HubError> {
        let row = self.store().row(conversations::of_post(member, post)).await?;
        let row = ConversationRow::read(&mut row.ok_or(HubError::NotFound)?)?;
        self.conversations_of(member, vec![row]).await?.pop().ok_or(HubError::NotFound)
    }

    /// In which of the member's conversations some posts stand, by post.
    pub async fn conversations_among(&self, member: Id, posts: &[Id]) -> Result<HashMap<Id, Id>, HubError> {
        if posts.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self.store().rows(conversations::of_posts(member, posts)).await?;
        Ok(pairs(rows)?.into_iter().collect())
    }

    /// The messages of a conversation, newest first, with what became of the member's own.
    pub async fn messages(&self, member: Id, id: Id, page: Page) -> Result<Vec<Message>, HubError> {
        self.store().row(conversations::one(member, id)).await?.ok_or(HubError::NotFound)?;
        let read = |window| conversations::messages(id, window);
        let mut messages = Vec::new();
        for (post, view) in self.fill(page, MOST, Some(member), Filter::Nothing, read).await? {
            let own = view.post.author == member;
            let standing = if own { Some(self.standing(member, post).await?) } else { None };
            messages.push(Message { view, standing });
        }
        Ok(messages)
    }

    /// What stands before and after a message where all messages between the same people are one conversation, as if each
    /// answered the one before: apps that know threads only show it so. `None` for everything else.
    pub async fn room_around(&self, member: Id, post: Id) -> Result<Option<Thread>, HubError> {
        let Some(mut row) = self.store().row(conversations::of_post(member, post)).await? else {
            return Ok(None);
        };
        let row = ConversationRow::read(&mut row)?;
        if !row.network.is_some_and(|n| self.translator(n).is_ok_and(|t| t.has_rooms())) {
            return Ok(None);
        }
        let id = row.id;
        let read = |window| conversations::messages(id, window);
        let (reader, filter) = (Some(member), Filter::Nothing);
        let before = Page { max: Some(post), limit: MOST, ..Page::default() };
        let before = self.fill(before, MOST, reader, filter, read).await?;
        let after = Page { min: Some(post), limit: MOST, ..Page::default() };
        let after = self.fill(after, MOST, reader, filter, read).await?;
        let in_order = |found: Vec<(Id, PostView)>| found.into_iter().rev().map(|(_, view)| view).collect();
        Ok(Some(Thread { ancestors: in_order(before), descendants: in_order(after) }))
    }

    /// How many conversations have something new.
    pub async fn unread_conversations(&self, member: Id) -> Result<u64, HubError> {
        let row = self.store().row(conversations::unread(member)).await?;
        let count = row.map(|mut row| row.get::<i64>(0)).transpose()?;
        Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    pub async fn read_conversation(&self, member: Id, id: Id) -> Result<(), HubError> {
        match self.store().write(conversations::mark_read(member, id)).await.map_err(HubError::from) {
            Err(HubError::Conflict(_)) => Err(HubError::NotFound),
            other => other.map(|_| ()),
        }
    }

    async fn conversations_of(
        &self,
        member: Id,
        rows: Vec<ConversationRow>,
    ) -> Result<Vec<Conversation>, HubError> {
        let everybody: Vec<Id> = rows.iter().flat_map(people_of).collect();
        let actors: HashMap<Id, Actor> =
            self.actors(&everybody).await?.into_iter().map(|actor| (actor.id, actor)).collect();
        let last: Vec<Id> = rows.iter().map(|row| row.last_post).collect();
        let views = self.hydrate(&last, Some(member), Filter::Nothing).await?;
        let mut views: HashMap<Id, PostView> = views.into_iter().map(|view| (view.post.id, view)).collect();
        let mut found = Vec::with_capacity(rows.len());
        // The same for all of a network.
        let mut labels: HashMap<Option<Network>, Label> = HashMap::new();
        for row in rows {
            let label = match labels.get(&row.network) {
                Some(label) => *label,
                None => self.label(member, row.network).await?,
            };
            labels.insert(row.network, label);
            found.push(Conversation {
                id: row.id,
                network: row.network,
                people: people_of(&row).iter().filter_map(|id| actors.get(id).cloned()).collect(),
                last: views.remove(&row.last_post),
                last_post: row.last_post,
                unread: u64::try_from(row.unread).unwrap_or(0),
                label,
                agreed: Secrecy::from_key(&row.secrecy).unwrap_or(label.secrecy),
            });
        }
        Ok(found)
    }
}
