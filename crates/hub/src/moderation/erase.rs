//! Erasing what is held about somebody, everywhere.

use crate::{Event, EventKind, Hub, HubError, receive::subject};
use landbridge_model::{Id, Media, Network, Presence, Time};
use landbridge_store::{
    Change, Erasure, Write,
    entities::{erasing, erasures, tombstones},
};
use std::collections::HashSet;

/// Native ids of posts that are closed for good by an erasure, the newest.
const CLOSED: i64 = 5000;
const BATCH: i64 = 1000;

impl Hub {
    /// Removes everything about one actor: rows, originals, media, search, queues. The journal is written first, so that
    /// an erasure that was begun is finished, and done again after every restore. Of a member the bare name stays, so that
    /// it is not given out again.
    pub async fn erase(&self, actor: Id) -> Result<(), HubError> {
        self.erase_since(actor, Time::now()).await
    }

    /// Does again what the journal says and this database does not know: after a restore, before anyone is served. Gives
    /// how many people it was.
    pub async fn erase_again(&self) -> Result<u64, HubError> {
        let Some(journal) = self.erasure_journal() else { return Ok(0) };
        let pending = journal.pending(self.store()).await?;
        if pending.is_empty() {
            return Ok(0);
        }
        let wanted: HashSet<&[u8]> = pending.iter().map(|erasure| erasure.subject_hash.as_slice()).collect();
        let mut found: HashSet<Id> = HashSet::new();
        let mut after = Id(-1);
        loop {
            let rows = self.store().rows(erasing::identities(after, BATCH)).await?;
            if rows.is_empty() {
                break;
            }
            // An actor whose identities were cut apart is read again.
            let whole = i64::try_from(rows.len()).unwrap_or(i64::MAX) < BATCH;
            for mut row in rows {
                let (actor, network): (Id, Option<Network>) = (row.get(0)?, row.get(1)?);
                after = actor;
                let native_id: String = row.get(2)?;
                if network
                    .is_some_and(|network| wanted.contains(subject(self, network, &native_id).as_slice()))
                {
                    found.insert(actor);
                }
            }
            after = if whole { after } else { Id(after.0 - 1) };
        }
        for actor in &found {
            self.remove_everything(*actor, Time::now()).await?;
        }
        // Also those who are not in this backup are known now.
        let known = pending.iter().map(|erasure| self.erasure_row(&erasure.subject_hash, Time(erasure.at)));
        self.store().write(Write::from(known.collect::<Vec<Change>>())).await?;
        self.store().scrub().await?;
        Ok(found.len() as u64)
    }

    async fn erase_since(&self, actor: Id, at: Time) -> Result<(), HubError> {
        let identities = self.presences(actor).await?;
        let hashes: Vec<Vec<u8>> =
            identities.iter().map(|p| subject(self, p.network, &p.native_id)).collect();
        if let Some(journal) = self.erasure_journal().cloned() {
            let lines: Vec<Erasure> =
                hashes.iter().map(|hash| Erasure { subject_hash: hash.clone(), at: at.0 }).collect();
            let written =
                tokio::task::spawn_blocking(move || lines.iter().try_for_each(|line| journal.record(line)))
                    .await;
            written.map_err(|_| HubError::Damaged("the erasure journal was not written"))??;
        }
        self.remove_everything(actor, at).await?;
        let rows: Vec<Change> = hashes.iter().map(|hash| self.erasure_row(hash, at)).collect();
        self.store().write(rows).await?;
        self.store().scrub().await?;
        self.sealer().forget(actor);
        self.bus().send(Event { members: vec![actor], public: false, kind: EventKind::Member(actor) });
        metrics::counter!("hub_erasures_total").increment(1);
        Ok(())
    }

    fn erasure_row(&self, hash: &[u8], at: Time) -> Change {
        erasures::insert(self.ids().next(), hash.to_vec(), at)
    }

    async fn remove_everything(&self, actor: Id, at: Time) -> Result<(), HubError> {
        let identities = self.presences(actor).await?;
        let mut files = Vec::new();
        for mut row in self.store().rows(erasing::files(actor)).await? {
            if let Ok(media) = serde_json::from_str::<Media>(&row.get::<String>(0)?) {
                files.extend([media.file, media.preview].into_iter().flatten());
            }
        }
        if let Ok(actor) = self.actor(actor).await {
            let pictures = [actor.profile.avatar, actor.profile.header].into_iter().flatten();
            files.extend(pictures.filter_map(|picture| picture.file));
        }
        let mut write = Write::default();
        for mut row in self.store().rows(erasing::native_ids(actor, CLOSED)).await? {
            write.push(tombstones::put(self.keyed_hash(&row.get::<String>(0)?), at));
        }
        write.extend(self.of_networks(&identities));
        write.extend(erasing::everything(actor));
        self.store().write(write).await?;
        for file in files {
            self.delete_file(&file).await?;
        }
        Ok(())
    }

    fn of_networks(&self, identities: &[Presence]) -> Vec<Change> {
        let of_one = |identity: &Presence| {
            self.translator(identity.network).map(|translator| translator.erase(identity)).unwrap_or_default()
        };
        identities.iter().flat_map(of_one).collect()
    }

    /// Deletes a file of ours unless something else names it: files are kept by content.
    pub(crate) async fn delete_file(&self, name: &str) -> Result<(), HubError> {
        let ours = !name.is_empty() && !name.contains(['/', ':']);
        if ours
            && self.store().row(erasing::file_in_use(name)).await?.is_none()
            && let Err(why) = self.media().delete(name).await
        {
            tracing::warn!(%why, "a file could not be deleted; the next sweep tries again");
        }
        Ok(())
    }
}
