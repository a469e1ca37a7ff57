//! Lists of people and of posts. Each gives ids to page by (of the follow, like, block...) beside the thing.

use crate::{
    Hub, HubError, Page, PostView,
    reading::{
        hydrate::Filter,
        paging::{paged, pairs},
        timelines::posts,
    },
};
use landbridge_model::{Actor, ActorState, Id, richtext::normal_tag};
use landbridge_store::{Query, args, query};
use std::collections::HashMap;

/// Most people or posts of one page.
const MOST_PEOPLE: u32 = 80;
const MOST_POSTS: u32 = 40;

#[derive(Clone, Debug, Default)]
pub struct AccountPosts {
    pub pinned: bool,
    pub only_media: bool,
    pub exclude_replies: bool,
    pub exclude_reposts: bool,
    pub tagged: Option<String>,
}

impl Hub {
    pub async fn account_posts(
        &self,
        actor: Id,
        what: &AccountPosts,
        reader: Option<Id>,
        page: Page,
    ) -> Result<Vec<PostView>, HubError> {
        if what.pinned {
            return self.pinned(actor, reader).await;
        }
        let tag = what.tagged.as_deref().map(normal_tag).unwrap_or_default();
        let read = |page: &Page, limit| {
            let sql = paged!(
                page,
                "SELECT p.id, p.id FROM posts p WHERE p.author_id = ?1 AND p.id < ?2 AND p.id > ?3
                 AND (?5 = 0 OR p.has_media = 1)
                 AND (?6 = 0 OR p.reply_to IS NULL OR p.reply_to_author = p.author_id)
                 AND (?7 = 0 OR p.repost_of IS NULL)
                 AND (?8 = '' OR EXISTS (SELECT 1 FROM tags t WHERE t.name = ?8 AND t.post_id = p.id))
                 AND (p.visibility <= 1 OR p.author_id = ?9
                      OR EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = p.id AND m.actor_id = ?9)
                      OR (p.visibility = 2 AND EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?9 AND f.target_id = ?1 AND f.state = 1)))
                 ORDER BY p.id"
            );
            let (media, replies, reposts) = (what.only_media, what.exclude_replies, what.exclude_reposts);
            let reader = reader.map_or(-1, i64::from);
            query(sql, args![actor, page.below(), page.above(), limit, media, replies, reposts, &tag, reader])
        };
        Ok(posts(self.fill(page, MOST_POSTS, reader, Filter::Profile, read).await?))
    }

    pub async fn followers(&self, actor: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        let sql = paged!(
            page,
            "SELECT id, follower_id FROM follows WHERE target_id = ?1 AND state = 1 AND id < ?2 AND id > ?3 ORDER BY id"
        );
        self.people(sql, actor, page).await
    }

    pub async fn following(&self, actor: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        let sql = paged!(
            page,
            "SELECT id, target_id FROM follows WHERE follower_id = ?1 AND state = 1 AND id < ?2 AND id > ?3 ORDER BY id"
        );
        self.people(sql, actor, page).await
    }

    pub async fn follow_requests(&self, member: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        let sql = paged!(
            page,
            "SELECT id, follower_id FROM follows WHERE target_id = ?1 AND state = 0 AND id < ?2 AND id > ?3 ORDER BY id"
        );
        self.people(sql, member, page).await
    }

    pub async fn blocks(&self, member: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        let sql = paged!(
            page,
            "SELECT id, target_id FROM blocks WHERE actor_id = ?1 AND id < ?2 AND id > ?3 ORDER BY id"
        );
        self.people(sql, member, page).await
    }

    pub async fn mutes(&self, member: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        let sql = paged!(
            page,
            "SELECT id, target_id FROM mutes WHERE member_id = ?1 AND id < ?2 AND id > ?3 AND (expires_at IS NULL OR expires_at > ?5) ORDER BY id"
        );
        let limit = page.limit(MOST_PEOPLE);
        self.people_of(
            query(sql, args![member, page.below(), page.above(), limit, landbridge_model::Time::now()]),
            page,
        )
        .await
    }

    pub async fn domain_blocks(&self, member: Id) -> Result<Vec<String>, HubError> {
        let sql = "SELECT domain FROM member_domain_blocks WHERE member_id = ?1 ORDER BY at DESC, domain";
        let rows = self.store().rows(query(sql, args![member])).await?;
        rows.into_iter().map(|mut row| Ok(row.get(0)?)).collect()
    }

    pub async fn liked(&self, member: Id, page: Page) -> Result<Vec<(Id, PostView)>, HubError> {
        let read = |page: &Page, limit| {
            let sql = paged!(
                page,
                "SELECT id, post_id FROM reactions WHERE actor_id = ?1 AND content = '' AND id < ?2 AND id > ?3 ORDER BY id"
            );
            query(sql, args![member, page.below(), page.above(), limit])
        };
        self.fill(page, MOST_POSTS, Some(member), Filter::Nothing, read).await
    }

    pub async fn bookmarks(&self, member: Id, page: Page) -> Result<Vec<(Id, PostView)>, HubError> {
        let read = |page: &Page, limit| {
            let sql = paged!(
                page,
                "SELECT id, post_id FROM bookmarks WHERE member_id = ?1 AND id < ?2 AND id > ?3 ORDER BY id"
            );
            query(sql, args![member, page.below(), page.above(), limit])
        };
        self.fill(page, MOST_POSTS, Some(member), Filter::Nothing, read).await
    }

    pub async fn liked_by(
        &self,
        post: Id,
        reader: Option<Id>,
        page: Page,
    ) -> Result<Vec<(Id, Actor)>, HubError> {
        self.view(post, reader).await?;
        let sql = paged!(
            page,
            "SELECT id, actor_id FROM reactions WHERE post_id = ?1 AND content = '' AND id < ?2 AND id > ?3 ORDER BY id"
        );
        self.people(sql, post, page).await
    }

    pub async fn reposted_by(
        &self,
        post: Id,
        reader: Option<Id>,
        page: Page,
    ) -> Result<Vec<(Id, Actor)>, HubError> {
        self.view(post, reader).await?;
        let sql = paged!(
            page,
            "SELECT id, author_id FROM posts WHERE repost_of = ?1 AND visibility <= 1 AND id < ?2 AND id > ?3 ORDER BY id"
        );
        self.people(sql, post, page).await
    }

    /// Pinned posts, the one pinned last first.
    async fn pinned(&self, actor: Id, reader: Option<Id>) -> Result<Vec<PostView>, HubError> {
        let sql = "SELECT post_id FROM pins WHERE actor_id = ?1 ORDER BY id DESC LIMIT 40";
        let rows = self.store().rows(query(sql, args![actor])).await?;
        let ids = rows.into_iter().map(|mut row| row.get(0)).collect::<Result<Vec<Id>, _>>()?;
        self.hydrate(&ids, reader, Filter::Profile).await
    }

    async fn people(&self, sql: &'static str, of: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        self.people_of(query(sql, args![of, page.below(), page.above(), page.limit(MOST_PEOPLE)]), page).await
    }

    /// People whose accounts are there, newest row first. The query gives (id to page by, actor).
    async fn people_of(&self, query: Query, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        let mut keys = pairs(self.store().rows(query).await?)?;
        if page.upward() {
            keys.reverse();
        }
        let ids: Vec<Id> = keys.iter().map(|k| k.1).collect();
        let there = |a: &Actor| matches!(a.state, ActorState::Active | ActorState::Limited);
        let mut actors: HashMap<Id, Actor> =
            self.actors(&ids).await?.into_iter().filter(there).map(|a| (a.id, a)).collect();
        Ok(keys.into_iter().filter_map(|(key, id)| Some((key, actors.remove(&id)?))).collect())
    }
}
