//! Timelines.

use crate::{
    Hub, HubError, Page, PostView,
    reading::{hydrate::Filter, paging::paged},
};
use landbridge_model::{Id, richtext::normal_tag};
use landbridge_store::{Query, args, query};

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
        let read = |page: &Page, limit| {
            let sql = paged!(
                page,
                "SELECT post_id, post_id FROM home WHERE member_id = ?1 AND post_id < ?2 AND post_id > ?3 ORDER BY post_id"
            );
            query(sql, args![member, page.below(), page.above(), limit])
        };
        Ok(posts(self.fill(page, MOST, Some(member), Filter::Home, read).await?))
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
        let read = |page: &Page, limit| {
            if what.tags_any.is_empty() { everything(what, page, limit) } else { tagged(what, page, limit) }
        };
        Ok(posts(self.fill(page, MOST, reader, Filter::Public, read).await?))
    }
}

pub(crate) fn posts(found: Vec<(Id, PostView)>) -> Vec<PostView> {
    found.into_iter().map(|(_, view)| view).collect()
}

fn everything(what: &PublicTimeline, page: &Page, limit: i64) -> Query {
    let sql = if what.local {
        // Spelled out, so that the index of local posts is used.
        paged!(
            page,
            "SELECT id, id FROM posts WHERE visibility = 0 AND source = 0 AND repost_of IS NULL AND reply_to IS NULL
             AND id < ?2 AND id > ?3 AND (?5 = 0 OR has_media = 1) AND ?1 = ?1 ORDER BY id"
        )
    } else {
        paged!(
            page,
            "SELECT id, id FROM posts WHERE visibility = 0 AND repost_of IS NULL AND reply_to IS NULL
             AND id < ?2 AND id > ?3 AND (?5 = 0 OR has_media = 1) AND (?1 = 0 OR source <> 0) ORDER BY id"
        )
    };
    query(sql, args![what.remote, page.below(), page.above(), limit, what.only_media])
}

fn tagged(what: &PublicTimeline, page: &Page, limit: i64) -> Query {
    let normal = |tags: &[String]| {
        // No tag has a NUL, and PostgreSQL takes none in a list.
        let tags = tags.iter().map(|t| normal_tag(t)).filter(|t| !t.contains('\0'));
        let mut tags: Vec<String> = tags.collect();
        tags.sort();
        tags.dedup();
        tags
    };
    let json = |tags: &[String]| serde_json::to_string(tags).unwrap_or_default();
    let (any, all, none) = (normal(&what.tags_any), normal(&what.tags_all), normal(&what.tags_none));
    let source = if what.local {
        1
    } else if what.remote {
        2
    } else {
        0
    };
    macro_rules! sql {
        ($from:literal) => {
            paged!(
                page,
                concat!(
                    "SELECT p.id, p.id FROM posts p JOIN ",
                    $from,
                    " ON t.post_id = p.id
                     WHERE p.visibility = 0 AND p.repost_of IS NULL AND t.post_id < ?2 AND t.post_id > ?3
                     AND (?5 = 0 OR p.has_media = 1) AND (?6 = 0 OR (?6 = 1 AND p.source = 0) OR (?6 = 2 AND p.source <> 0))
                     AND (?8 = 0 OR (SELECT COUNT(*) FROM tags a WHERE a.post_id = p.id AND a.name IN {texts ?7}) = ?8)
                     AND NOT EXISTS (SELECT 1 FROM tags n WHERE n.post_id = p.id AND n.name IN {texts ?9})
                     ORDER BY t.post_id"
                )
            )
        };
    }
    // One tag can be read in order from its index; several must be merged first.
    let (sql, first) = match any.as_slice() {
        [one] => (sql!("(SELECT post_id FROM tags WHERE name = ?1) t"), one.clone()),
        _ => (sql!("(SELECT DISTINCT post_id FROM tags WHERE name IN {texts ?1}) t"), json(&any)),
    };
    let (all_count, all, none) = (all.len() as i64, json(&all), json(&none));
    query(sql, args![first, page.below(), page.above(), limit, what.only_media, source, all, all_count, none])
}
