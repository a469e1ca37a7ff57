//! Timelines.

use crate::{
    Hub, HubError, Page, PostView,
    reading::{hydrate::Filter, paging::without_keys},
};
use landbridge_model::{Id, richtext::normal_tag};
use landbridge_store::entities::{home, posts, tags};

/// Most posts of one page.
const MOST: u32 = 40;

#[derive(Clone, Debug, Default)]
pub struct PublicTimeline {
    pub local: bool,
    pub remote: bool,
    pub only_media: bool,
    /// Normal forms; all of `tags_all`, any of `tags_any`, none of `tags_none`. No tags: the whole timeline.
    pub tags_any: Vec<String>,
    pub tags_all: Vec<String>,
    pub tags_none: Vec<String>,
}

impl Hub {
    pub async fn home(&self, member: Id, page: Page) -> Result<Vec<PostView>, HubError> {
        let read = |window| home::page(member, window);
        Ok(without_keys(self.fill(page, MOST, Some(member), Filter::Home, read).await?))
    }

    /// Public posts that are no replies; with tags, replies too.
    pub async fn public(
        &self,
        what: &PublicTimeline,
        reader: Option<Id>,
        page: Page,
    ) -> Result<Vec<PostView>, HubError> {
        if what.local && what.remote {
            return Ok(Vec::new());
        }
        let tags = (normal(&what.tags_any), normal(&what.tags_all), normal(&what.tags_none));
        let (any, all, none) = &tags;
        let read = |window| match () {
            () if !any.is_empty() => {
                let (only_media, source) = (what.only_media, what.source());
                tags::posts(&tags::Tagged { any, all, none, only_media, source }, window)
            }
            () if what.local => posts::local(what.only_media, window),
            () => posts::public(what.remote, what.only_media, window),
        };
        Ok(without_keys(self.fill(page, MOST, reader, Filter::Public, read).await?))
    }
}

impl PublicTimeline {
    fn source(&self) -> i64 {
        match (self.local, self.remote) {
            (true, _) => 1,
            (_, true) => 2,
            _ => 0,
        }
    }
}

/// In normal form, each once.
fn normal(tags: &[String]) -> Vec<String> {
    // No tag has a NUL, and PostgreSQL takes none in a list.
    let tags = tags.iter().map(|tag| normal_tag(tag)).filter(|tag| !tag.contains('\0'));
    let mut tags: Vec<String> = tags.collect();
    tags.sort();
    tags.dedup();
    tags
}
