//! Lists of people and of posts. Each gives ids to page by (of the follow, like, block...) beside the thing.

use crate::{Hub, HubError, Page, PostView, Relationship};
use landbridge_model::{Actor, Id};

#[derive(Clone, Debug, Default)]
pub struct AccountPosts {
    pub pinned: bool,
    pub only_media: bool,
    pub exclude_replies: bool,
    pub exclude_reposts: bool,
    pub tagged: Option<String>,
}

impl Hub {
    pub async fn account_posts(&self, actor: Id, what: &AccountPosts, reader: Option<Id>, page: Page) -> Result<Vec<PostView>, HubError> {
        unbuilt!(actor, what, reader, page)
    }
    pub async fn followers(&self, actor: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        unbuilt!(actor, page)
    }
    pub async fn following(&self, actor: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        unbuilt!(actor, page)
    }
    pub async fn follow_requests(&self, member: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        unbuilt!(member, page)
    }
    pub async fn blocks(&self, member: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        unbuilt!(member, page)
    }
    pub async fn mutes(&self, member: Id, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        unbuilt!(member, page)
    }
    pub async fn domain_blocks(&self, member: Id) -> Result<Vec<String>, HubError> {
        unbuilt!(member)
    }
    pub async fn liked(&self, member: Id, page: Page) -> Result<Vec<(Id, PostView)>, HubError> {
        unbuilt!(member, page)
    }
    pub async fn bookmarks(&self, member: Id, page: Page) -> Result<Vec<(Id, PostView)>, HubError> {
        unbuilt!(member, page)
    }
    pub async fn liked_by(&self, post: Id, reader: Option<Id>, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        unbuilt!(post, reader, page)
    }
    pub async fn reposted_by(&self, post: Id, reader: Option<Id>, page: Page) -> Result<Vec<(Id, Actor)>, HubError> {
        unbuilt!(post, reader, page)
    }
    pub async fn relationship(&self, member: Id, target: Id) -> Result<Relationship, HubError> {
        unbuilt!(member, target)
    }
    pub async fn relationships(&self, member: Id, targets: &[Id]) -> Result<Vec<Relationship>, HubError> {
        unbuilt!(member, targets)
    }
}
