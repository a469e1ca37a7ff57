//! One list of notifications for all networks.

use crate::{
    Hub, HubError, Page, PostView,
    reading::{hydrate::Filter, paging::paged},
};
use landbridge_model::{Actor, ActorState, Id, Time};
use landbridge_store::{
    Change, Row, StoreError, args,
    entities::{ints, texts},
    query,
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
}

impl NotificationKind {
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
        }
    }

    pub fn from_key(key: &str) -> Option<NotificationKind> {
        use NotificationKind::*;
        [Mention, Status, Reblog, Follow, FollowRequest, Favourite, Reaction, Poll, Update, Quote]
            .into_iter()
            .find(|k| k.key() == key)
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
        let sql = paged!(
            page,
            "SELECT n.id, n.kind, n.at, n.actor_id, n.post_id FROM notifications n
             WHERE n.member_id = ?1 AND n.id < ?2 AND n.id > ?3
             AND (?5 = 0 OR n.kind IN {texts ?6}) AND (?7 < 0 OR n.actor_id = ?7)
             AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = ?1 AND b.target_id = n.actor_id)
             AND NOT EXISTS (SELECT 1 FROM mutes m WHERE m.member_id = ?1 AND m.target_id = n.actor_id
                             AND m.notifications = 1 AND (m.expires_at IS NULL OR m.expires_at > ?8))
             ORDER BY n.id"
        );
        let (some, by) = (!kinds.is_empty(), by.map_or(-1, i64::from));
        let mut window = page;
        let limit = page.limit(MOST);
        let mut found = Vec::new();
        // Few are left out (a post that is gone, say), so a few rounds fill the page.
        for _ in 0..4 {
            let arguments =
                args![member, window.below(), window.above(), limit, some, texts(&words), by, Time::now()];
            let rows = self.store().rows(query(sql, arguments)).await?;
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
        let sql =
            "SELECT id, kind, at, actor_id, post_id FROM notifications WHERE member_id = ?1 AND id = ?2";
        let mut row = self.store().row(query(sql, args![member, id])).await?.ok_or(HubError::NotFound)?;
        self.tell_of(member, vec![Heard::read(&mut row)?]).await?.pop().ok_or(HubError::NotFound)
    }

    /// Removes one, or all of them.
    pub async fn dismiss(&self, member: Id, id: Option<Id>) -> Result<(), HubError> {
        let change = match id {
            Some(id) => {
                Change::new("DELETE FROM notifications WHERE member_id = ?1 AND id = ?2", args![member, id])
            }
            None => Change::new("DELETE FROM notifications WHERE member_id = ?1", args![member]),
        };
        self.store().write(change).await?;
        Ok(())
    }

    /// How many are newer than the member's marker, up to 1000.
    pub async fn unread(&self, member: Id) -> Result<u64, HubError> {
        let sql = "SELECT COUNT(*) FROM (SELECT id FROM notifications WHERE member_id = ?1 AND id >
                     COALESCE((SELECT last_read_id FROM markers WHERE member_id = ?1 AND timeline = 'notifications'), 0)
                   ORDER BY id LIMIT 1000) newer";
        let row = self.store().row(query(sql, args![member])).await?;
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
        let tell = |row: Heard| {
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
        let sql = "SELECT post_id, actor_id, content FROM reactions
                   WHERE content <> '' AND post_id IN {ints ?1} AND actor_id IN {ints ?2} ORDER BY id";
        for mut row in self.store().rows(query(sql, args![ints(&posts), ints(&people)])).await? {
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
}

impl Heard {
    fn read(row: &mut Row) -> Result<Heard, StoreError> {
        Ok(Heard {
            id: row.get(0)?,
            kind: NotificationKind::from_key(&row.get::<String>(1)?),
            at: row.get(2)?,
            actor: row.get(3)?,
            post: Some(row.get::<Id>(4)?).filter(|id| id.0 != 0),
        })
    }
}
