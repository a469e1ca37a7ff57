//! The search index, built again from the posts: it does not travel between engines with a backup.

use crate::{Hub, HubError, publish::searchable};
use landbridge_model::Id;
use landbridge_store::{Write, entities::search};
use std::collections::HashMap;

/// Posts put into the index with one write.
const BATCH: i64 = 200;

impl Hub {
    /// Builds the index of words again. Gives how many posts are in it. Safe to repeat.
    pub async fn rebuild_search(&self) -> Result<u64, HubError> {
        let (mut after, mut put) = (Id(-1), 0);
        loop {
            let mut ids = Vec::new();
            for mut row in self.store().rows(search::indexable(after, BATCH)).await? {
                ids.push(row.get::<Id>(0)?);
            }
            let Some(last) = ids.last().copied() else { return Ok(put) };
            after = last;
            let posts = self.posts(&ids).await?;
            let authors = posts.iter().map(|post| post.author).collect::<Vec<_>>();
            let authors = self
                .actors(&authors)
                .await?
                .into_iter()
                .map(|actor| (actor.id, actor))
                .collect::<HashMap<_, _>>();
            let mut write = Write::default();
            // Members' posts are found; of others only those whose authors said so: silence means no.
            let found = posts.iter().filter(|post| {
                authors
                    .get(&post.author)
                    .is_some_and(|author| author.domain.is_none() || author.profile.indexable)
            });
            for post in found {
                write.extend(search::put(post.id, &searchable(post)));
                put += 1;
            }
            self.store().write(write).await?;
        }
    }
}
