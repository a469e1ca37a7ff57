//! First contacts of a member: who asks, and what of it can be shown before there is an answer.
//!
//! The state of one stranger with one member in one scope goes `request -> granted | declined | revoked | cancelled`.
//! `revoked`: the member has taken back what they granted, and will be asked again. `cancelled`: whoever asked has taken
//! it back, or nobody answered; asking again is the same request, silently. Before a request, when its budget is empty, it is
//! `parked`, of which no member sees anything, and then `admitted`: its turn has come.

use super::{DeedKind, Reason, Scope, here::Found};
use crate::{Hub, HubError, Marks, Page, PostView, What};
use landbridge_model::{
    Actor, ActorState, Audience, Id, Network, Post, PostKind, RichText, Time, Visibility,
};
use landbridge_store::entities::contacts::{self, ContactRow, ItemRow};
use std::collections::HashMap;

/// Most requests of one page.
const MOST: u32 = 80;
/// Characters of a first text that are shown.
const SHOWN: usize = 2000;

/// Scopes of which something is held. A follow holds nothing: it is a request by itself.
pub const HELD: [Scope; 2] = [Scope::Public, Scope::Private];

/// The word is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Request,
    Granted,
    Declined,
    Revoked,
    Cancelled,
    /// Its budget is empty: what came is held, and nobody is asked before its turn.
    Parked,
    /// It had its turn: from then on the member's rules decide.
    Admitted,
}

impl State {
    pub fn key(self) -> &'static str {
        match self {
            State::Request => "request",
            State::Granted => "granted",
            State::Declined => "declined",
            State::Revoked => "revoked",
            State::Cancelled => "cancelled",
            State::Parked => "parked",
            State::Admitted => "admitted",
        }
    }

    pub fn from_key(key: &str) -> Option<State> {
        use State::*;
        [Request, Granted, Declined, Revoked, Cancelled, Parked, Admitted]
            .into_iter()
            .find(|state| state.key() == key)
    }
}

/// One stranger, in one scope.
#[derive(Clone, Debug)]
pub struct Contact {
    pub id: Id,
    /// Known here since `stranger.id.time()`, whatever they say of themselves.
    pub stranger: Actor,
    pub scope: Scope,
    pub state: State,
    /// Why the member is asked.
    pub reason: Reason,
    /// Network that it came by; `None`: here.
    pub network: Option<Network>,
    pub asked_at: Time,
    pub changed_at: Time,
    /// What is held, and what was only counted since no more is held.
    pub items: u64,
    /// The first that is held.
    pub first: Option<FirstText>,
}

/// What somebody has sent first, as far as it may be shown: no link preview, no file, nothing fetched.
#[derive(Clone, Debug)]
pub struct FirstText {
    /// Of the item; nothing else has it.
    pub id: Id,
    /// `post`, `reaction`, `repost`, `quote`.
    pub kind: &'static str,
    pub text: String,
    pub warning: Option<String>,
    /// Files that it has and that are not shown.
    pub files: usize,
    pub at: Time,
    /// Of a post.
    pub visibility: Visibility,
    /// Page of a post at its home, which is opened by nobody but the member.
    pub url: Option<String>,
}

impl Contact {
    /// The first text as a post for programs that know nothing else: plain text, no links, no files.
    pub fn first_view(&self) -> Option<PostView> {
        let first = self.first.as_ref().filter(|first| first.kind == "post")?;
        let url = first.url.clone().unwrap_or_default();
        let post = Post {
            id: first.id,
            author: self.stranger.id,
            origin: self.network,
            kind: PostKind::Note,
            created_at: first.at,
            edited_at: None,
            visibility: first.visibility,
            title: None,
            text: RichText::plain(&first.text),
            warning: first.warning.clone(),
            sensitive: first.warning.is_some(),
            languages: Vec::new(),
            media: Vec::new(),
            poll: None,
            mentions: Vec::new(),
            tags: Vec::new(),
            emojis: Vec::new(),
            reply_to: None,
            reply_to_author: None,
            root: first.id,
            quote: None,
            repost_of: None,
            url: first.url.clone(),
            quote_policy: Audience::Nobody,
            reply_policy: Audience::Everyone,
            application: None,
            card: None,
            replies: 0,
            reposts: 0,
            likes: 0,
            quotes: 0,
        };
        Some(PostView {
            post,
            author: self.stranger.clone(),
            uri: url.clone(),
            url,
            networks: self.network.into_iter().collect(),
            repost: None,
            quote: None,
            marks: Marks::default(),
        })
    }
}

/// What waits for a member's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    pub requests: u64,
    pub strangers: u64,
    pub items: u64,
}

impl Hub {
    /// Open requests in these scopes, newest first.
    pub async fn contact_requests(
        &self,
        member: Id,
        scopes: &[Scope],
        page: Page,
    ) -> Result<Vec<Contact>, HubError> {
        self.contacts_in(member, State::Request, scopes, page).await
    }

    /// Contacts in one state, newest first.
    pub async fn contacts_in(
        &self,
        member: Id,
        state: State,
        scopes: &[Scope],
        page: Page,
    ) -> Result<Vec<Contact>, HubError> {
        let words: Vec<&str> = scopes.iter().map(|scope| scope.key()).collect();
        let query = contacts::page(member, state.key(), &words, page.window(page.limit(MOST)));
        let rows = self.store().rows(query).await?.into_iter();
        let mut rows = rows.map(|mut row| ContactRow::read(&mut row)).collect::<Result<Vec<_>, _>>()?;
        if page.upward() {
            rows.reverse();
        }
        self.show_contacts(rows).await
    }

    /// One of a member's contacts; [`HubError::NotFound`] when it is none of theirs.
    pub async fn contact_by_id(&self, member: Id, id: Id) -> Result<Contact, HubError> {
        let row = self.contact_row(member, id).await?;
        self.show_contacts(vec![row]).await?.pop().ok_or(HubError::NotFound)
    }

    pub async fn contacts_waiting(&self, member: Id, scopes: &[Scope]) -> Result<Waiting, HubError> {
        let words: Vec<&str> = scopes.iter().map(|scope| scope.key()).collect();
        let Some(mut row) = self.store().row(contacts::waiting(member, &words)).await? else {
            return Ok(Waiting::default());
        };
        let mut count = |column| row.get::<i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
        Ok(Waiting { requests: count(0)?, strangers: count(1)?, items: count(2)? })
    }

    pub(super) async fn contact_row(&self, member: Id, id: Id) -> Result<ContactRow, HubError> {
        let mut row = self.store().row(contacts::by_id(member, id)).await?.ok_or(HubError::NotFound)?;
        Ok(ContactRow::read(&mut row)?)
    }

    async fn show_contacts(&self, rows: Vec<ContactRow>) -> Result<Vec<Contact>, HubError> {
        let people: Vec<Id> = rows.iter().map(|row| row.stranger).collect();
        let there = |actor: &Actor| matches!(actor.state, ActorState::Active | ActorState::Limited);
        let people: HashMap<Id, Actor> =
            self.actors(&people).await?.into_iter().filter(there).map(|a| (a.id, a)).collect();
        let mut first = HashMap::new();
        let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
        for mut row in self.store().rows(contacts::first_items(&ids)).await? {
            let item = ItemRow::read(&mut row)?;
            let (contact, id, at) = (item.contact, item.id, item.at);
            if item.network.is_none() {
                let found = self.held_here(&item).await?;
                first.extend(found.map(|found| (contact, first_of_member(&found, id, at))));
                continue;
            }
            // What cannot be opened any more is not shown, and keeps nobody from answering.
            if let Ok(held) = self.open_held(&item).await {
                first.insert(contact, first_text(&held.what, id, at));
            }
        }
        let show = |row: ContactRow| {
            Some(Contact {
                id: row.id,
                stranger: people.get(&row.stranger)?.clone(),
                scope: Scope::from_key(&row.scope)?,
                state: State::from_key(&row.state)?,
                reason: Reason::from_key(&row.reason).unwrap_or(Reason::Member),
                network: row.origin,
                asked_at: row.asked_at,
                changed_at: row.changed_at,
                items: u64::try_from(row.items + row.more).unwrap_or(0),
                first: first.remove(&row.id),
            })
        };
        Ok(rows.into_iter().filter_map(show).collect())
    }
}

fn bare(kind: &'static str, text: &str, id: Id, at: Time) -> FirstText {
    let text = text.chars().take(SHOWN).collect();
    FirstText { id, kind, text, warning: None, files: 0, at, visibility: Visibility::Direct, url: None }
}

fn first_of_member(found: &Found, id: Id, at: Time) -> FirstText {
    let post = &found.post;
    match found.kind {
        DeedKind::Mention | DeedKind::Quote => FirstText {
            warning: post.warning.clone(),
            files: post.media.len(),
            visibility: post.visibility,
            ..bare("post", &post.text.text, id, at)
        },
        DeedKind::Like | DeedKind::Reaction => bare("reaction", &found.content, id, at),
        DeedKind::Repost => bare("repost", "", id, at),
    }
}

fn first_text(what: &What, id: Id, at: Time) -> FirstText {
    let of = |kind, text: &str| bare(kind, text, id, at);
    match what {
        What::Post(post) => FirstText {
            warning: post.warning.clone(),
            files: post.media.len(),
            visibility: post.visibility.unwrap_or(Visibility::Public),
            url: post.url.clone(),
            ..of("post", &post.text.text)
        },
        What::React { content, .. } => of("reaction", content),
        What::Repost { .. } => of("repost", ""),
        _ => of("quote", ""),
    }
}
