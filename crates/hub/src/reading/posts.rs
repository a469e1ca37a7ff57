//! Posts one by one.

use crate::{Hub, HubError, PostView, reading::hydrate::Filter};
use landbridge_model::{ActorState, Id, Post, Time, Visibility};
use landbridge_store::{args, entities::posts::Body, query};

impl Hub {
    /// A post as it is stored, opened when sealed, no matter who asks: for translators and other parts of the hub.
    pub async fn post(&self, id: Id) -> Result<Post, HubError> {
        self.load_posts(&[id]).await?.pop().ok_or(HubError::NotFound)
    }

    /// Posts by id, in the order asked; missing ones are left out.
    pub async fn posts(&self, ids: &[Id]) -> Result<Vec<Post>, HubError> {
        self.load_posts(ids).await
    }

    /// A post as `reader` (or a stranger) may see it; [`HubError::NotFound`] when they may not.
    pub async fn view(&self, id: Id, reader: Option<Id>) -> Result<PostView, HubError> {
        self.hydrate(&[id], reader, Filter::Nothing).await?.pop().ok_or(HubError::NotFound)
    }

    /// Posts by id, in the order asked, without those that the reader may not see or has muted or blocked.
    pub async fn views(&self, ids: &[Id], reader: Option<Id>) -> Result<Vec<PostView>, HubError> {
        self.hydrate(ids, reader, Filter::Home).await
    }

    /// Whether somebody (a member, or a remote actor whose server asks) may read a post.
    pub async fn may_read(&self, post: &Post, reader: Option<Id>) -> Result<bool, HubError> {
        if reader == Some(post.author) {
            return Ok(true);
        }
        let sql = "SELECT a.state,
                     EXISTS (SELECT 1 FROM blocks b WHERE b.actor_id = a.id AND b.target_id = ?2),
                     EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ?2 AND f.target_id = a.id AND f.state = 1),
                     EXISTS (SELECT 1 FROM mentions m WHERE m.post_id = ?3 AND m.actor_id = ?2)
                   FROM actors a WHERE a.id = ?1";
        let reader = reader.map_or(-1, i64::from);
        let Some(mut row) = self.store().row(query(sql, args![post.author, reader, post.id])).await? else {
            return Ok(false);
        };
        let (state, blocked, following, addressed): (i64, bool, bool, bool) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let there = matches!(ActorState::from_i64(state), ActorState::Active | ActorState::Limited);
        let visible = match post.visibility {
            Visibility::Public | Visibility::Unlisted => true,
            Visibility::Followers => following || addressed,
            Visibility::Direct => addressed,
        };
        Ok(there && !blocked && visible)
    }

    /// Earlier versions, oldest first, ending with the present one.
    pub async fn history(&self, id: Id, reader: Option<Id>) -> Result<Vec<(Time, Post)>, HubError> {
        let present = self.view(id, reader).await?.post;
        let sql = "SELECT at, sealed, body FROM edits WHERE post_id = ?1 ORDER BY at LIMIT 200";
        let rows = self.store().rows(query(sql, args![id])).await?;
        let mut versions = Vec::with_capacity(rows.len() + 1);
        for mut row in rows {
            let (at, sealed, bytes): (Time, bool, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let bytes = if sealed { self.post_key(id, reader).await?.open("body", &bytes)? } else { bytes };
            let body = Body::read(&bytes).ok_or(HubError::Damaged("an earlier version cannot be read"))?;
            versions.push((at, earlier(&present, body)));
        }
        versions.push((present.edited_at.unwrap_or(present.created_at), present));
        Ok(versions)
    }
}

/// The post as it was with that body.
fn earlier(present: &Post, body: Body) -> Post {
    Post {
        title: body.title,
        text: body.text,
        warning: body.warning,
        languages: body.languages,
        media: body.media,
        poll: body.poll,
        mentions: body.mentions,
        tags: body.tags,
        emojis: body.emojis,
        ..present.clone()
    }
}
