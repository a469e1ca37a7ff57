//! The key of one sealed post, wrapped for each member who may read it.

use super::{SecretKey, open, random, seal};
use crate::{Hub, HubError};
use landbridge_model::Id;
use landbridge_store::{Change, entities::post_keys};

/// Seals and opens everything of one post: its body, earlier versions, wire originals.
#[derive(Clone)]
pub(crate) struct PostKey {
    post: Id,
    key: SecretKey,
}

impl PostKey {
    /// `what`: `body`, `original`, ...
    pub(crate) fn seal(&self, what: &str, plain: &[u8]) -> Vec<u8> {
        seal(&self.key, &format!("post {} {what}", self.post), plain)
    }

    pub(crate) fn open(&self, what: &str, sealed: &[u8]) -> Result<Vec<u8>, HubError> {
        open(&self.key, &format!("post {} {what}", self.post), sealed)
    }
}

impl Hub {
    /// A new key for a post, and the rows that let these members read it. At least one member is needed, or nobody
    /// can ever open the post.
    pub(crate) async fn new_post_key(
        &self,
        post: Id,
        readers: &[Id],
    ) -> Result<(PostKey, Vec<Change>), HubError> {
        let key = random();
        let changes = self.share_post_key(&PostKey { post, key }, readers).await?;
        Ok((PostKey { post, key }, changes))
    }

    /// Rows that let more members read a sealed post.
    pub(crate) async fn share_post_key(
        &self,
        key: &PostKey,
        readers: &[Id],
    ) -> Result<Vec<Change>, HubError> {
        let mut changes = Vec::with_capacity(readers.len());
        for reader in readers {
            let wrapped = seal(&self.member_key(*reader).await?, &format!("post key {}", key.post), &key.key);
            changes.push(post_keys::insert(key.post, *reader, wrapped));
        }
        Ok(changes)
    }

    /// The key of a sealed post, through `reader`'s own key; for the server's own work (`None`) through any member's.
    /// [`HubError::NotFound`] when that reader holds none.
    pub(crate) async fn post_key(&self, post: Id, reader: Option<Id>) -> Result<PostKey, HubError> {
        for mut row in self.store().rows(post_keys::of_post(post)).await? {
            let member: Id = row.get(0)?;
            if reader.is_some_and(|r| r != member) {
                continue;
            }
            let wrapped: Vec<u8> = row.get(1)?;
            match self.unwrap_post_key(post, member, &wrapped).await {
                // A member who is gone: somebody else may hold it too.
                Err(HubError::NotFound) => continue,
                key => return key,
            }
        }
        Err(HubError::NotFound)
    }

    /// The members who hold a key to a post.
    pub(crate) async fn key_holders(&self, post: Id) -> Result<Vec<Id>, HubError> {
        let rows = self.store().rows(post_keys::of_post(post)).await?;
        Ok(rows.into_iter().map(|mut row| row.get(0)).collect::<Result<_, _>>()?)
    }

    /// The key of a sealed post, from the row of one member who may read it.
    pub(crate) async fn unwrap_post_key(
        &self,
        post: Id,
        member: Id,
        wrapped: &[u8],
    ) -> Result<PostKey, HubError> {
        let plain = open(&self.member_key(member).await?, &format!("post key {post}"), wrapped)?;
        let key = plain.try_into().map_err(|_| HubError::Damaged("a post's key has a wrong length"))?;
        Ok(PostKey { post, key })
    }
}
