//! Erasing what is held about somebody, everywhere.

use crate::{Event, EventKind, Hub, HubError, receive::subject};
use landbridge_model::{ActorState, Id, Media, Network, Presence, Time};
use landbridge_store::{
    Change, Erasure, Write,
    entities::{erasing, erasures, tombstones},
};
use std::{collections::HashMap, sync::atomic::Ordering};

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
    ///
    /// Whoever was only about to be erased, since the networks were still to hear of it, leaves again: they are gone from
    /// here at once, and the networks hear it (perhaps once more) by keys that are kept until then.
    pub async fn erase_again(&self) -> Result<u64, HubError> {
        let Some(journal) = self.erasure_journal() else { return Ok(0) };
        let pending = journal.pending(self.store()).await?;
        if pending.is_empty() {
            return Ok(0);
        }
        let mut wanted: HashMap<&[u8], bool> = HashMap::new();
        for erasure in &pending {
            *wanted.entry(erasure.subject_hash.as_slice()).or_insert(true) &= erasure.leaving;
        }
        let mut found: HashMap<Id, bool> = HashMap::new();
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
                let hash = network.map(|network| subject(self, network, &native_id)).unwrap_or_default();
                if let Some(leaving) = wanted.get(hash.as_slice()) {
                    *found.entry(actor).or_insert(true) &= leaving;
                }
            }
            after = if whole { after } else { Id(after.0 - 1) };
        }
        for (id, leaving) in &found {
            let actor = self.actor(*id).await?;
            match (actor.is_member() && *leaving, actor.state) {
                (true, ActorState::Deleted) => {}
                (true, _) => self.depart(actor, Time::now()).await?,
                (false, _) => self.remove_everything(*id, Time::now()).await?,
            }
        }
        // Also those who are not in this backup are known now.
        let known = pending.iter().map(|erasure| self.erasure_row(&erasure.subject_hash, Time(erasure.at)));
        self.store().write(Write::from(known.collect::<Vec<Change>>())).await?;
        self.scrub_now().await?;
        Ok(found.len() as u64)
    }

    async fn erase_since(&self, actor: Id, at: Time) -> Result<(), HubError> {
        let rows = self.erasure_rows(actor, at).await?;
        self.note_in_journal(actor, at, false).await?;
        self.remove_everything(actor, at).await?;
        self.store().write(rows).await?;
        self.removed().store(true, Ordering::Relaxed);
        self.store().scrub().await?;
        self.sealer().forget(actor);
        self.bus().send(Event { members: vec![actor], public: false, kind: EventKind::Member(actor) });
        metrics::counter!("hub_erasures_total").increment(1);
        Ok(())
    }

    /// Writes into the journal, outside the database, that somebody is erased; with `leaving`: as soon as the networks have
    /// heard of it. On disk when this returns.
    pub(crate) async fn note_in_journal(&self, actor: Id, at: Time, leaving: bool) -> Result<(), HubError> {
        let Some(journal) = self.erasure_journal().cloned() else { return Ok(()) };
        let hashes = self.subjects(actor).await?.into_iter();
        let lines: Vec<Erasure> =
            hashes.map(|subject_hash| Erasure { subject_hash, at: at.0, leaving }).collect();
        let written =
            tokio::task::spawn_blocking(move || lines.iter().try_for_each(|line| journal.record(line))).await;
        Ok(written.map_err(|_| HubError::Damaged("the erasure journal was not written"))??)
    }

    /// What the database notes of it.
    pub(crate) async fn erasure_rows(&self, actor: Id, at: Time) -> Result<Vec<Change>, HubError> {
        Ok(self.subjects(actor).await?.iter().map(|hash| self.erasure_row(hash, at)).collect())
    }

    async fn subjects(&self, actor: Id) -> Result<Vec<Vec<u8>>, HubError> {
        let identities = self.presences(actor).await?;
        Ok(identities.iter().map(|p| subject(self, p.network, &p.native_id)).collect())
    }

    fn erasure_row(&self, hash: &[u8], at: Time) -> Change {
        erasures::insert(self.ids().next(), hash.to_vec(), at)
    }

    async fn remove_everything(&self, actor: Id, at: Time) -> Result<(), HubError> {
        let identities = self.presences(actor).await?;
        let mut shown = Vec::new();
        for mut row in self.store().rows(erasing::attachments(actor, CLOSED)).await? {
            shown.extend(serde_json::from_str::<Media>(&row.get::<String>(0)?));
        }
        let mut write = Write::default();
        for mut row in self.store().rows(erasing::native_ids(actor, CLOSED)).await? {
            write.push(tombstones::put(self.keyed_hash(&row.get::<String>(0)?), at));
        }
        write.extend(self.of_networks(&identities));
        write.extend(self.forget_fetched(&shown));
        write.extend(erasing::everything(actor));
        self.store().write(write).await?;
        self.remove_doomed().await;
        Ok(())
    }

    fn of_networks(&self, identities: &[Presence]) -> Vec<Change> {
        let of_one = |identity: &Presence| {
            self.translator(identity.network).map(|translator| translator.erase(identity)).unwrap_or_default()
        };
        identities.iter().flat_map(of_one).collect()
    }
}
