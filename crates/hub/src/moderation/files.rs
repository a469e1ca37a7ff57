//! Files that nothing names any more leave the disk: right after the commit that let them go, or with the next sweep.

use crate::{Hub, HubError};
use landbridge_model::{Media, Post};
use landbridge_store::{Change, Query, Write, entities::files};
use std::{collections::HashSet, time::Duration};

/// Files removed with one look.
const BATCH: usize = 500;

impl Hub {
    /// Removes from the disk what is doomed. Whoever let go of it has committed that; a failure here undoes nothing and is
    /// made good by the next sweep.
    pub(crate) async fn remove_doomed(&self) {
        if let Err(why) = self.remove_all_doomed().await {
            tracing::warn!(%why, "files that nothing names could not be removed; the next sweep tries again");
        }
    }

    async fn remove_all_doomed(&self) -> Result<(), HubError> {
        loop {
            let mut removed = Write::default();
            let rows = self.store().rows(files::doomed(BATCH as i64)).await?;
            let found = rows.len();
            for mut row in rows {
                let (name, fetched): (String, bool) = (row.get(0)?, row.get(1)?);
                let folder = if fetched { self.media().cache() } else { self.media().clone() };
                match folder.delete(&name).await {
                    Ok(()) => removed.push(files::removed(&name, fetched)),
                    Err(why) => {
                        tracing::warn!(%why, "a file could not be removed; the next sweep tries again")
                    }
                }
            }
            let done = removed.is_empty() || found < BATCH;
            self.store().write(removed).await?;
            if done {
                return Ok(());
            }
        }
    }

    /// Removes files older than that which nothing names: what was put on the disk and never noted. Gives how many.
    pub async fn sweep_strays(&self, age: Duration) -> Result<u64, HubError> {
        let ours = self.strays(false, age, files::held, files::doom).await?;
        let fetched = self.strays(true, age, files::held_fetched, files::doom_fetched).await?;
        self.remove_doomed().await;
        Ok(ours + fetched)
    }

    async fn strays(
        &self,
        fetched: bool,
        age: Duration,
        held: fn(&[String]) -> Query,
        doom: fn(&str) -> Change,
    ) -> Result<u64, HubError> {
        let folder = if fetched { self.media().cache() } else { self.media().clone() };
        let mut found = 0;
        for first in 0..=u8::MAX {
            let names = match folder.old(first, age).await {
                Ok(names) => names,
                Err(why) => {
                    tracing::warn!(%why, "a folder of files could not be looked through");
                    continue;
                }
            };
            for names in names.chunks(BATCH) {
                let mut named = HashSet::new();
                for mut row in self.store().rows(held(names)).await? {
                    named.insert(row.get::<String>(0)?);
                }
                let strays = names.iter().filter(|name| !named.contains(*name)).map(|name| doom(name));
                let strays: Vec<Change> = strays.collect();
                found += strays.len() as u64;
                self.store().write(strays).await?;
            }
        }
        Ok(found)
    }

    /// Lets go of what was fetched of these files to be shown here.
    pub(crate) fn forget_fetched<'a>(&self, media: impl IntoIterator<Item = &'a Media>) -> Vec<Change> {
        let urls = media.into_iter().filter_map(|file| file.remote_url.as_deref());
        urls.flat_map(|url| files::release_fetched(self.fetched_hash(url))).collect()
    }

    /// Lets go of everything that was fetched to show a post: its files, and the picture of its author's card.
    pub(crate) fn forget_shown(&self, post: &Post) -> Vec<Change> {
        let mut changes = self.forget_fetched(&post.media);
        if let Some(picture) = post.card.as_ref().and_then(|card| card.picture.as_ref()) {
            changes.extend(files::release_fetched(self.fetched_hash(&picture.url)));
        }
        changes
    }

    /// What stands for a URL among what was fetched.
    pub(crate) fn fetched_hash(&self, url: &str) -> Vec<u8> {
        self.keyed_hash(&format!("fetched {url}"))
    }
}
