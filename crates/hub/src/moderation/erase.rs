//! Erasing what is held about somebody, everywhere.

use crate::{CopyKind, Event, EventKind, Hub, HubError, receive::subject};
use landbridge_model::{ActorState, Id, Media, Network, Presence, Time};
use landbridge_store::{
    Change, Erased, Erasure, Write,
    entities::{conversations, erasing, erasures, tombstones},
};
use std::{
    collections::{HashMap, HashSet},
    sync::atomic::Ordering,
};

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
    /// how many people and private messages it was.
    ///
    /// Whoever was only about to be erased, since the networks were still to hear of it, leaves again: they are gone from
    /// here at once, and the networks hear it (perhaps once more) by keys that are kept until then.
    pub async fn erase_again(&self) -> Result<u64, HubError> {
        let Some(journal) = self.erasure_journal() else { return Ok(0) };
        let pending = journal.pending(self.store()).await?;
        if pending.is_empty() {
            return Ok(0);
        }
        let (messages, people): (Vec<&Erasure>, Vec<&Erasure>) =
            pending.iter().partition(|erasure| erasure.of == Erased::Message);
        let done = self.erase_people_again(&people).await? + self.erase_messages_again(&messages).await?;
        // Also what is not in this backup is known now.
        let known = pending.iter().map(|erasure| self.erasure_row(erasure));
        self.store().write(Write::from(known.collect::<Vec<Change>>())).await?;
        self.scrub_now().await?;
        Ok(done)
    }

    async fn erase_people_again(&self, people: &[&Erasure]) -> Result<u64, HubError> {
        let mut wanted: HashMap<&[u8], bool> = HashMap::new();
        for erasure in people {
            *wanted.entry(erasure.subject_hash.as_slice()).or_insert(true) &= erasure.of == Erased::Leaving;
        }
        if wanted.is_empty() {
            return Ok(0);
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
                (true, _) => self.depart(actor, Vec::new()).await?,
                (false, _) => self.remove_everything(*id, Time::now()).await?,
            }
        }
        Ok(found.len() as u64)
    }

    /// Deletes again what was deleted, for all or for one of its readers, and closes the ids of what is not here.
    async fn erase_messages_again(&self, messages: &[&Erasure]) -> Result<u64, HubError> {
        let wanted: HashSet<&[u8]> = messages.iter().map(|erasure| erasure.subject_hash.as_slice()).collect();
        if wanted.is_empty() {
            return Ok(0);
        }
        let closed = messages.iter().map(|e| tombstones::put(e.subject_hash.clone(), Time(e.at)));
        self.store().write(Write::from(closed.collect::<Vec<Change>>())).await?;
        let (mut after, mut done, mut looked) = (Id(-1), 0, None);
        loop {
            let rows = self.store().rows(conversations::all_messages(after, BATCH)).await?;
            if rows.is_empty() {
                return Ok(done);
            }
            // A message whose readers were cut apart is read again.
            let whole = i64::try_from(rows.len()).unwrap_or(i64::MAX) < BATCH;
            for mut row in rows {
                let (post, member): (Id, Id) = (row.get(0)?, row.get(1)?);
                after = post;
                if wanted.contains(self.taken_from(member, post).as_slice()) {
                    self.take_away_message(member, post).await?;
                    done += 1;
                } else if looked.replace(post) != Some(post) && self.is_closed(post, &wanted).await? {
                    self.delete_message_again(post).await?;
                    done += 1;
                }
            }
            after = if whole { after } else { Id(after.0 - 1) };
        }
    }

    async fn is_closed(&self, message: Id, wanted: &HashSet<&[u8]>) -> Result<bool, HubError> {
        let copies = self.copies(CopyKind::Post, message).await?;
        Ok(copies.iter().any(|copy| wanted.contains(self.keyed_hash(&copy.native_id).as_slice())))
    }

    /// A member's own is deleted as it was then: others may not have heard of it yet.
    async fn delete_message_again(&self, id: Id) -> Result<(), HubError> {
        let Some(post) = self.posts(&[id]).await?.pop() else { return Ok(()) };
        match post.origin {
            None => self.delete_post(post.author, id, None).await.map(|_| ()),
            Some(_) => self.remove_remote(&post, Time::now(), Vec::new()).await,
        }
    }

    async fn erase_since(&self, actor: Id, at: Time) -> Result<(), HubError> {
        let rows = self.note_person(actor, at, Erased::Person).await?;
        self.remove_everything(actor, at).await?;
        self.store().write(rows).await?;
        self.removed().store(true, Ordering::Relaxed);
        if let Err(error) = self.store().scrub().await {
            tracing::warn!(%error, "what was erased leaves the disk later: housekeeping tries again");
        }
        self.sealer().forget(actor);
        self.bus().send(Event { members: vec![actor], public: false, kind: EventKind::Member(actor) });
        metrics::counter!("hub_erasures_total").increment(1);
        Ok(())
    }

    /// Writes into the journal, outside the database, that somebody is erased, or is about to be. On disk when this
    /// returns; gives what the database notes of it.
    pub(crate) async fn note_person(&self, actor: Id, at: Time, of: Erased) -> Result<Vec<Change>, HubError> {
        let identities = self.presences(actor).await?;
        let hashes = identities.iter().map(|p| subject(self, p.network, &p.native_id));
        self.note_in_journal(hashes.map(|subject_hash| Erasure { of, subject_hash, at: at.0 }).collect())
            .await
    }

    /// The same of private messages, by their hashes.
    pub(crate) async fn note_messages(&self, hashes: Vec<Vec<u8>>) -> Result<Vec<Change>, HubError> {
        let (of, at) = (Erased::Message, Time::now().0);
        let erasures = hashes.into_iter().map(|subject_hash| Erasure { of, subject_hash, at });
        self.note_in_journal(erasures.collect()).await
    }

    async fn note_in_journal(&self, erasures: Vec<Erasure>) -> Result<Vec<Change>, HubError> {
        let rows = erasures.iter().map(|erasure| self.erasure_row(erasure)).collect();
        if let Some(journal) = self.erasure_journal().cloned() {
            let written = tokio::task::spawn_blocking(move || journal.record(&erasures)).await;
            written.map_err(|_| HubError::Damaged("the erasure journal was not written"))??;
        }
        Ok(rows)
    }

    fn erasure_row(&self, erasure: &Erasure) -> Change {
        erasures::insert(self.ids().next(), erasure.subject_hash.clone(), Time(erasure.at))
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
