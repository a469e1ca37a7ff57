//! One list of notifications for all networks.

use crate::{Hub, HubError, Page, PostView, moderation::Decided, reading::hydrate::Filter};
use landbridge_model::{Actor, ActorState, Id, Time};
use landbridge_store::{
    Row, StoreError,
    entities::{notifications, reactions},
};
use std::collections::{BTreeSet, HashMap};

/// Most notifications of one page.
const MOST: u32 = 80;

/// Why a member is told. The word is stored and is that of the Mastodon API where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotificationKind {
    Mention,
    /// Somebody wrote whose every post the member wants to hear of.
    Status,
    Reblog,
    Follow,
    FollowRequest,
    Favourite,
    /// An emoji reaction.
    Reaction,
    Poll,
    Update,
    Quote,
    /// A decision of the moderators about the member.
    ModerationWarning,
}

impl NotificationKind {
    pub const ALL: [NotificationKind; 11] = {
        use NotificationKind::*;
        [
            Mention,
            Status,
            Reblog,
            Follow,
            FollowRequest,
            Favourite,
            Reaction,
            Poll,
            Update,
            Quote,
            ModerationWarning,
        ]
    };

    pub fn key(self) -> &'static str {
        match self {
            NotificationKind::Mention => "mention",
            NotificationKind::Status => "status",
            NotificationKind::Reblog => "reblog",
            NotificationKind::Follow => "follow",
            NotificationKind::FollowRequest => "follow_request",
            NotificationKind::Favourite => "favourite",
            NotificationKind::Reaction => "reaction",
            NotificationKind::Poll => "poll",
            NotificationKind::Update => "update",
            NotificationKind::Quote => "quote",
            NotificationKind::ModerationWarning => "moderation_warning",
        }
    }

    pub fn from_key(key: &str) -> Option<NotificationKind> {
        NotificationKind::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

#[derive(Clone, Debug)]
pub struct Notification {
    pub id: Id,
    pub kind: NotificationKind,
    pub at: Time,
    pub actor: Actor,
    pub post: Option<PostView>,
    /// Emoji of a reaction.
    pub content: Option<String>,
    /// What the moderators have decided.
    pub decision: Option<Decided>,
}

impl Hub {
    /// Newest first; `kinds` empty means all.
    pub async fn notifications(
        &self,
        member: Id,
        kinds: &[NotificationKind],
        by: Option<Id>,
        page: Page,
    ) -> Result<Vec<Notification>, HubError> {
        let words: Vec<&str> = kinds.iter().map(|k| k.key()).collect();
        let mut window = page;
        let limit = page.limit(MOST);
        let mut found = Vec::new();
        // Few are left out (a post that is gone, say), so a few rounds fill the page.
        for _ in 0..4 {
            let rows = notifications::page(member, &words, by, Time::now(), window.window(limit));
            let rows = self.store().rows(rows).await?;
            let read = rows
                .into_iter()
                .map(|mut row| Heard::read(&mut row))
                .collect::<Result<Vec<_>, StoreError>>()?;
            let exhausted = (read.len() as i64) < limit;
            match read.last() {
                Some(last) if page.upward() => window.min = Some(last.id),
                Some(last) => window.max = Some(last.id),
                None => {}
            }
            found.extend(self.tell_of(member, read).await?);
            if exhausted || found.len() as i64 >= limit {
                break;
            }
        }
        found.truncate(usize::try_from(limit).unwrap_or(0));
        if page.upward() {
            found.reverse();
        }
        Ok(found)
    }

    pub async fn notification(&self, member: Id, id: Id) -> Result<Notification, HubError> {
        let mut row = self.store().row(notifications::one(member, id)).await?.ok_or(HubError::NotFound)?;
        self.tell_of(member, vec![Heard::read(&mut row)?]).await?.pop().ok_or(HubError::NotFound)
    }

    /// Removes one, or all of them.
    pub async fn dismiss(&self, member: Id, id: Option<Id>) -> Result<(), HubError> {
        let change = match id {
            Some(id) => notifications::delete(member, id),
            None => notifications::delete_all(member),
        };
        self.store().write(change).await?;
        Ok(())
    }

    /// How many are newer than the member's marker, up to 1000.
    pub async fn unread(&self, member: Id) -> Result<u64, HubError> {
        let row = self.store().row(notifications::unread(member)).await?;
        let count: i64 = row.map(|mut row| row.get(0)).transpose()?.unwrap_or(0);
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// What these rows tell, without what the reader may not see (any more).
    async fn tell_of(&self, member: Id, rows: Vec<Heard>) -> Result<Vec<Notification>, HubError> {
        let posts: Vec<Id> = rows.iter().filter_map(|n| n.post).collect();
        let people: Vec<Id> = rows.iter().map(|n| n.actor).collect::<BTreeSet<_>>().into_iter().collect();
        let there = |a: &Actor| matches!(a.state, ActorState::Active | ActorState::Limited);
        let actors: HashMap<Id, Actor> =
            self.actors(&people).await?.into_iter().filter(there).map(|a| (a.id, a)).collect();
        let posts: HashMap<Id, PostView> = self
            .hydrate(&posts, Some(member), Filter::Nothing)
            .await?
            .into_iter()
            .map(|v| (v.post.id, v))
            .collect();
        let signs = self.signs(&rows).await?;
        let decided: Vec<Id> = rows.iter().filter_map(|n| n.decision).collect();
        let decided: HashMap<Id, Decided> =
            self.decisions_by_id(&decided).await?.into_iter().map(|decided| (decided.id, decided)).collect();
        let tell = |row: Heard| {
            let decision = match row.decision {
                Some(id) => Some(decided.get(&id)?.clone()),
                None => None,
            };
            let post = match row.post {
                Some(id) => Some(posts.get(&id)?.clone()),
                None => None,
            };
            Some(Notification {
                id: row.id,
                kind: row.kind?,
                at: row.at,
                content: row.post.and_then(|post| signs.get(&(post, row.actor)).cloned()),
                actor: actors.get(&row.actor)?.clone(),
                post,
                decision,
            })
        };
        Ok(rows.into_iter().filter_map(tell).collect())
    }

    /// Emoji of reactions among the rows, by post and actor.
    async fn signs(&self, rows: &[Heard]) -> Result<HashMap<(Id, Id), String>, HubError> {
        let posts: Vec<Id> = rows
            .iter()
            .filter(|n| n.kind == Some(NotificationKind::Reaction))
            .filter_map(|n| n.post)
            .collect();
        let mut signs = HashMap::new();
        if posts.is_empty() {
            return Ok(signs);
        }
        let people: Vec<Id> = rows.iter().map(|n| n.actor).collect();
        for mut row in self.store().rows(reactions::signs(&posts, &people)).await? {
            signs.insert((row.get(0)?, row.get(1)?), row.get(2)?);
        }
        Ok(signs)
    }
}

/// One row.
struct Heard {
    id: Id,
    /// `None`: of a kind that this version does not know.
    kind: Option<NotificationKind>,
    at: Time,
    actor: Id,
    post: Option<Id>,
    decision: Option<Id>,
}

impl Heard {
    fn read(row: &mut Row) -> Result<Heard, StoreError> {
        let kind = NotificationKind::from_key(&row.get::<String>(1)?);
        let about = Some(row.get::<Id>(4)?).filter(|id| id.0 != 0);
        let decides = kind == Some(NotificationKind::ModerationWarning);
        Ok(Heard {
            id: row.get(0)?,
            kind,
            at: row.get(2)?,
            actor: row.get(3)?,
            post: about.filter(|_| !decides),
            decision: about.filter(|_| decides),
        })
    }
}
