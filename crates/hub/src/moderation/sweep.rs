//! Removing what has outlived its retention rule.

use crate::{CopyKind, Hub, HubError, gate, publish};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Change, Write,
    entities::{
        contact_log, contacts, copies, deliveries, files, grants, idempotency, link_cards, media,
        notifications, once, origins, payloads, posts, push, retention, tombstones, waves,
    },
};
use std::{collections::HashSet, time::Duration};

const DAY: Duration = Duration::from_secs(86_400);
const BATCH: i64 = 200;
/// Posts on one home timeline.
const HOME: i64 = 4000;
/// Days.
const NOTIFICATIONS: u32 = 180;
const TOMBSTONES: u32 = 400;
const DELIVERIES: u32 = 30;
const GRANT_USES: u32 = 30;
/// What nobody has answered.
const HELD: u32 = 180;
const CONTACT_LOG: u32 = 400;
/// How somebody's origin was answered, when nobody of it was since.
const ORIGINS: u32 = 180;
/// Pictures of others that nobody looks at, even where their posts stay for ever.
const LONGEST_FETCHED: u32 = 30;

impl Hub {
    /// Removes what has outlived its retention rule; returns how many posts. What a member has used stays on.
    pub async fn sweep(&self) -> Result<u64, HubError> {
        let now = Time::now();
        let mut swept = 0;
        if self.config().remote_days > 0 {
            swept = self.sweep_posts(now).await?;
            self.sweep_strangers(now.minus(DAY * self.config().remote_days)).await?;
        }
        self.expire_mutes().await?;
        self.store()
            .write(vec![
                retention::drop_originals(now),
                notifications::sweep(now.minus(DAY * NOTIFICATIONS)),
                tombstones::sweep(now.minus(DAY * TOMBSTONES)),
                once::sweep(now),
                idempotency::sweep(now.minus(DAY)),
                link_cards::sweep(now),
                deliveries::sweep(now.minus(DAY * DELIVERIES)),
                payloads::sweep(now.minus(DAY)),
                contact_log::sweep(now.minus(DAY * CONTACT_LOG)),
                grants::sweep_uses(now.minus(DAY * GRANT_USES)),
                push::sweep(now),
                retention::trim_homes(HOME),
            ])
            .await?;
        self.store().write(contacts::sweep(now.minus(DAY * HELD)).to_vec()).await?;
        self.store().write(waves::sweep(now.minus(gate::UNDOABLE), now.minus(gate::KEPT)).to_vec()).await?;
        self.store().write(origins::fade(1, now.minus(DAY * ORIGINS)).to_vec()).await?;
        self.sweep_labels(now).await?;
        self.sweep_files(now).await?;
        metrics::counter!("hub_swept_posts_total").increment(swept);
        Ok(swept)
    }

    async fn sweep_posts(&self, now: Time) -> Result<u64, HubError> {
        let mut swept = 0;
        loop {
            let due = self.ids_of(retention::due_posts(now, BATCH)).await?;
            if due.is_empty() {
                break;
            }
            let used: HashSet<Id> = self.ids_of(retention::used(&due)).await?.into_iter().collect();
            let until = now.plus(DAY * self.config().remote_days);
            for id in due {
                let write = match used.contains(&id) {
                    true => Write::from(posts::keep(id, Some(until))),
                    false => {
                        swept += 1;
                        Write::from(self.forgotten(id).await?)
                    }
                };
                self.write_if_there(write).await?;
            }
        }
        for id in self.ids_of(retention::unreadable(BATCH)).await? {
            let mut changes = vec![copies::delete_of(CopyKind::Post.key(), id)];
            changes.extend(posts::delete(id));
            self.write_if_there(Write::from(changes)).await?;
        }
        Ok(swept)
    }

    /// Unlike a deleted post a forgotten one may come back: no tombstone stays.
    async fn forgotten(&self, id: Id) -> Result<Vec<Change>, HubError> {
        let mut changes = Vec::new();
        // A sealed one may be past opening; it goes all the same.
        if let Ok(post) = self.post(id).await {
            match post.repost_of {
                Some(target) => changes.push(posts::count_reposts(target, -1)),
                None => changes.extend(publish::uncount(&post)),
            }
            changes.extend(self.forget_shown(&post));
        }
        changes.push(copies::delete_of(CopyKind::Post.key(), id));
        changes.push(copies::delete_of(CopyKind::Repost.key(), id));
        changes.extend(posts::delete(id));
        Ok(changes)
    }

    async fn sweep_strangers(&self, before: Time) -> Result<(), HubError> {
        let strangers = self.ids_of(retention::strangers(before, BATCH)).await?;
        for stranger in strangers {
            self.store().write(retention::remove_stranger(stranger).to_vec()).await?;
        }
        Ok(())
    }

    /// Uploads that were never attached, what was kept of others' pictures, and what a crash has left.
    async fn sweep_files(&self, now: Time) -> Result<(), HubError> {
        for mut row in self.store().rows(media::forgotten(now.minus(DAY), BATCH)).await? {
            let row = media::MediaRow::read(&mut row)?;
            // One that is attached at this moment stays.
            let mut write = Write::from(media::take_back(row.media.id, row.owner));
            write.extend(files::release(row.media.id));
            self.write_if_there(write).await?;
        }
        let unused = now.minus(DAY * self.config().remote_days.clamp(1, LONGEST_FETCHED));
        loop {
            let rows = self.store().rows(files::unused(unused, BATCH)).await?;
            if rows.is_empty() {
                break;
            }
            let mut write = Write::default();
            for mut row in rows {
                write.extend(files::release_fetched(row.get(0)?));
            }
            self.store().write(write).await?;
        }
        self.remove_doomed().await;
        Ok(())
    }

    /// Somebody else may have removed it meanwhile.
    async fn write_if_there(&self, write: Write) -> Result<(), HubError> {
        match self.store().write(write).await.map_err(HubError::from) {
            Err(HubError::Conflict(_)) | Ok(_) => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn ids_of(&self, query: landbridge_store::Query) -> Result<Vec<Id>, HubError> {
        let rows = self.store().rows(query).await?;
        Ok(rows.into_iter().map(|mut row| row.get(0)).collect::<Result<_, _>>()?)
    }
}
