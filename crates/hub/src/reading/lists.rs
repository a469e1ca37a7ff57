//! Lists of people and of posts. Each gives ids to page by (of the follow, like, block...) beside the thing.

use crate::{
    Hub, HubError, Page, PostView,
    reading::{
        hydrate::Filter,
        paging::{pairs, without_keys},
    },
};
use landbridge_model::{Actor, ActorState, Id, Time, richtext::normal_tag};
use landbridge_store::{
    Query,
    entities::{Window, blocks, follows, pins, posts, reactions},
};
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
        let wanted = posts::OfAccount {
            only_media: what.only_media,
            without_replies: what.exclude_replies,
            without_reposts: what.exclude_reposts,
            tag: &tag,
        };
        let read = |window| posts::of_account(actor, wanted, reader, window);
        Ok(without_keys(self.fill(page, MOST_POSTS, reader, Filter::Profile, read).await?))
    }

    pub async fn followers(&self, actor: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        self.people(page, |window| follows::followers(actor, window)).await
    }

    pub async fn following(&self, actor: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        self.people(page, |window| follows::following(actor, window)).await
    }

    pub async fn follow_requests(&self, member: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        self.people(page, |window| follows::requests(member, window)).await
    }

    pub async fn blocks(&self, member: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        self.people(page, |window| blocks::blocked(member, window)).await
    }

    pub async fn mutes(&self, member: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        self.people(page, |window| blocks::muted(member, Time::now(), window)).await
    }

    pub async fn domain_blocks(&self, member: Id) -> Result<Vec<String>, HubError> {
        let rows = self.store().rows(blocks::domains(member)).await?;
        rows.into_iter().map(|mut row| Ok(row.get(0)?)).collect()
    }

    pub async fn liked(&self, member: Id, page: Page) -> Result<Vec<(Id, PostView)>, HubError> {
        let read = |window| reactions::liked(member, window);
        self.fill(page, MOST_POSTS, Some(member), Filter::Nothing, read).await
    }

    pub async fn bookmarks(&self, member: Id, page: Page) -> Result<Vec<(Id, PostView)>, HubError> {
        let read = |window| pins::bookmarks(member, window);
        self.fill(page, MOST_POSTS, Some(member), Filter::Nothing, read).await
    }

    pub async fn liked_by(
        &self,
        post: Id,
        reader: Option<Id>,
        page: Page,
    ) -> Result<Vec<(Id, Actor)>, HubError> {
        self.view(post, reader).await?;
        self.people(page, |window| reactions::likers(post, window)).await
    }

    pub async fn reposted_by(
        &self,
        post: Id,
        reader: Option<Id>,
        page: Page,
    ) -> Result<Vec<(Id, Actor)>, HubError> {
        self.view(post, reader).await?;
        self.people(page, |window| posts::reposters(post, window)).await
    }

    /// Pinned posts, the one pinned last first.
    async fn pinned(&self, actor: Id, reader: Option<Id>) -> Result<Vec<PostView>, HubError> {
        let rows = self.store().rows(pins::of_actor(actor)).await?;
        let ids = rows.into_iter().map(|mut row| row.get(0)).collect::<Result<Vec<Id>, _>>()?;
        self.hydrate(&ids, reader, Filter::Profile).await
    }

    /// People whose accounts are there, newest row first. The query gives (id to page by, actor).
    async fn people(
        &self,
        page: Page,
        read: impl FnOnce(Window) -> Query,
    ) -> Result<Vec<(Id, Actor)>, HubError> {
        let mut keys = pairs(self.store().rows(read(page.window(page.limit(MOST_PEOPLE)))).await?)?;
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
