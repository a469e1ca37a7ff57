//! Posts one by one.

use crate::{Hub, HubError, PostView, reading::hydrate::Filter};
use landbridge_model::{ActorState, Id, Post, Time, Visibility};
use landbridge_store::entities::{edits, posts::Body, relations};

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
        self.hydrate(ids, reader, Filter::Thread).await
    }

    /// A post as it comes to a member who listens, if it would stand on a timeline of theirs.
    pub async fn live_view(&self, id: Id, member: Id) -> Result<Option<PostView>, HubError> {
        Ok(self.hydrate(&[id], Some(member), Filter::Home).await?.pop())
    }

    /// Likewise, if it would stand on a public timeline: without whoever is limited here, unless followed.
    pub async fn public_view(&self, id: Id, member: Id) -> Result<Option<PostView>, HubError> {
        Ok(self.hydrate(&[id], Some(member), Filter::Public).await?.pop())
    }

    /// Whether somebody (a member, or a remote actor whose server asks) may read a post.
    pub async fn may_read(&self, post: &Post, reader: Option<Id>) -> Result<bool, HubError> {
        if self.is_hidden(post.id).await? {
            return Ok(false);
        }
        if reader == Some(post.author) {
            return Ok(true);
        }
        let asked = relations::to_read(post.author, reader, post.id);
        let Some(mut row) = self.store().row(asked).await? else {
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
        let rows = self.store().rows(edits::of_post(id)).await?;
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

/// The post as it was with that body, but for files that were taken off since: they are gone.
fn earlier(present: &Post, body: Body) -> Post {
    let mut media = body.media;
    media.retain(|file| file.file.is_none() || present.media.iter().any(|kept| kept.id == file.id));
    Post {
        title: body.title,
        text: body.text,
        warning: body.warning,
        languages: body.languages,
        media,
        poll: body.poll,
        mentions: body.mentions,
        tags: body.tags,
        emojis: body.emojis,
        card: body.card,
        ..present.clone()
    }
}
