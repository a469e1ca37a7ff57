//! Taking in a whole repository. The tree is kept as it came, under a new commit that the member's key here signs. Its blocks
//! are put down in portions before the head names them, so a crash in between leaves only what the next try puts down again.

use crate::{
    data::{BlobRef, Cid, Record},
    facts::Facts,
    firehose, keys,
    network::AtProto,
    repo::{Blocks, Commit, Repo, import::Imported},
    repository::changes::announce,
    syntax::{Datetime, Did, Handle, Tid},
};
use landbridge_hub::HubError;
use landbridge_model::{Id, Network, Presence, PresenceState, Time};
use landbridge_store::{
    Change,
    entities::{
        atproto_arrivals, atproto_blobs, atproto_events,
        atproto_repos::{self, RepoRow},
        presences,
    },
    sequence,
};
use std::collections::HashSet;

/// Changes of one write. Within a write, what SQLite does for each statement grows with those before it.
const PORTION: usize = 200;
/// Numbers of the stream that are left out after a restore: a thousand events a second since a backup of some hours ago.
const SKIPPED: i64 = 10_000_000;
/// Portions that are on their way at once.
const AT_ONCE: usize = 8;

impl AtProto {
    /// Puts the imported repository in the place of the one that is here.
    pub async fn replace_repository(&self, presence: &Presence, imported: &Imported) -> Result<(), HubError> {
        let actor = presence.actor;
        let _turn = self.hub.turn(actor).await;
        let before = self.repo_row(actor).await?;
        let newest = before.as_ref().and_then(|row| Tid::parse(&row.rev).ok()).max(Some(imported.commit.rev));
        let rev = self.next_tid(newest);
        let key = keys::signing_key(&self.hub, actor).await?;
        let commit = Commit::sign(imported.commit.did.clone(), rev, imported.commit.data, &key)
            .map_err(|_| HubError::Damaged("a signing key"))?;
        let head = commit.block();
        let text = rev.to_string();
        let records: HashSet<&Cid> = imported.records.iter().map(|(_, cid)| cid).collect();
        let nodes =
            imported.blocks.iter().filter(|(cid, _)| **cid != imported.head && !records.contains(cid));
        let nodes = nodes.map(|(cid, bytes)| atproto_repos::put_block(actor, &cid.to_bytes(), &text, bytes));
        let records = imported.records.iter().flat_map(|(path, cid)| {
            let bytes = imported.blocks.get(cid);
            let row = path
                .split_once('/')
                .zip(bytes.as_ref())
                .map(|(place, bytes)| atproto_repos::put_record(actor, place, &cid.to_bytes(), &text, bytes));
            let record = bytes.and_then(|bytes| Record::decode(bytes).ok());
            let blobs = record.iter().flat_map(|record| BlobRef::all_named(record.fields()));
            let uses = blobs.map(|cid| atproto_blobs::name(actor, &cid.to_string(), path, &text));
            row.into_iter().chain(uses.collect::<Vec<_>>())
        });
        self.put_down(nodes.chain(records)).await?;
        let data = imported.commit.data.to_bytes();
        let mut last = vec![atproto_repos::put_block(actor, &head.cid.to_bytes(), &text, &head.bytes)];
        // An account that moves here is switched off until its DID names this server.
        let off = if presence.state == PresenceState::Active { "" } else { "deactivated" };
        let state = before.as_ref().map_or(off.to_owned(), |row| row.state.clone());
        last.push(match &before {
            Some(row) => atproto_repos::advance(actor, &row.head, &head.cid.to_bytes(), &data, &text),
            None => atproto_repos::insert(&RepoRow {
                actor,
                did: presence.native_id.clone(),
                head: head.cid.to_bytes(),
                data,
                rev: text.clone(),
                state: state.clone(),
            }),
        });
        last.extend(atproto_repos::forget_before(actor, &text));
        // The hub hears of what it holds when the account is there for others: see `through::arrivals`.
        let due = if state.is_empty() { Time::now() } else { atproto_arrivals::LATER };
        last.push(atproto_arrivals::put(actor, &text, due));
        // While the account is somewhere else, nothing is said of it; see `activateAccount`.
        if state.is_empty() {
            let blocks = crate::repo::car::write(&head.cid, [&head]).into();
            let (did, time) = (imported.commit.did.clone(), Datetime::of(Time::now()));
            let sync = firehose::SyncEvent { did, rev, blocks, time };
            last.extend(announce(actor, &firehose::Event::Sync(sync), Time::now()));
        }
        self.hub.store().write(last).await?;
        self.news.send_replace(());
        Ok(())
    }

    /// An empty repository for an account that is on its way here and has brought none: switched off, and nothing is said of it
    /// yet. One that is brought later takes its place.
    pub async fn begin_repository(&self, presence: &Presence) -> Result<(), HubError> {
        let actor = presence.actor;
        let _turn = self.hub.turn(actor).await;
        if self.repo_row(actor).await?.is_some() {
            return Ok(());
        }
        let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
        let key = keys::signing_key(&self.hub, actor).await?;
        let first = Repo::create(did, self.next_tid(None), &key)
            .map_err(|_| HubError::Damaged("the first commit of a repository"))?;
        let rev = first.repo.rev().to_string();
        let blocks = first.added.iter();
        let mut changes: Vec<Change> = blocks
            .map(|block| atproto_repos::put_block(actor, &block.cid.to_bytes(), &rev, &block.bytes))
            .collect();
        changes.push(atproto_repos::insert(&RepoRow {
            actor,
            did: presence.native_id.clone(),
            head: first.repo.head().to_bytes(),
            data: first.repo.data().to_bytes(),
            rev,
            state: "deactivated".into(),
        }));
        self.hub.store().write(changes).await?;
        Ok(())
    }

    /// Memory: what is on its way.
    async fn put_down(&self, mut changes: impl Iterator<Item = Change>) -> Result<(), HubError> {
        loop {
            let portions: Vec<Vec<Change>> = (0..AT_ONCE)
                .map(|_| changes.by_ref().take(PORTION).collect())
                .filter(|portion: &Vec<Change>| !portion.is_empty())
                .collect();
            if portions.is_empty() {
                return Ok(());
            }
            let writes = portions.into_iter().map(|portion| self.hub.store().write(portion));
            for written in futures_util::future::join_all(writes).await {
                written?;
            }
        }
    }

    /// After a restore: numbers that subscribers may have seen are not given out again, and for every account they are told how
    /// it stands and where its repository is, which may be further back than they know.
    pub async fn after_restore(&self) -> Result<(), HubError> {
        self.hub.store().write(sequence::skip(atproto_events::SEQUENCE, SKIPPED)).await?;
        let mut after = Id(-1);
        loop {
            let rows = self.hub.store().rows(atproto_repos::list(after, 500)).await?;
            let Some(last) = rows.len().checked_sub(1) else { return Ok(()) };
            for (place, mut row) in rows.into_iter().enumerate() {
                let row = RepoRow::read(&mut row)?;
                if place == last {
                    after = row.actor;
                }
                if let Some(presence) = self.hub.presence(row.actor, Network::AtProto).await? {
                    self.restored(&presence, row).await?;
                }
            }
        }
    }

    async fn restored(&self, presence: &Presence, row: RepoRow) -> Result<(), HubError> {
        let did = Did::parse(&row.did).map_err(|_| HubError::Damaged("the row of a repository"))?;
        let mut changes = Vec::new();
        let mut state = row.state;
        // It may have moved away since the backup was taken. Whom nobody can be asked about now is taken to be here.
        if state.is_empty()
            && let Err(HubError::Invalid(_)) = self.lives_here(presence).await
        {
            state = "deactivated".into();
            changes.push(atproto_repos::set_state(row.actor, &state));
            changes.push(presences::set_state(Network::AtProto, &row.did, PresenceState::Off));
        }
        let handle = Handle::parse(&Facts::of(presence).handle).ok();
        changes.extend(self.identity_event(row.actor, &did, handle));
        changes.extend(self.account_event(row.actor, &did, &state));
        if state.is_empty() {
            changes.extend(self.sync_event(presence).await?);
        }
        self.hub.store().write(changes).await?;
        Ok(())
    }

    /// For subscribers: the repository is at this commit, whatever was said before.
    pub async fn sync_event(&self, presence: &Presence) -> Result<Vec<Change>, HubError> {
        let Some(row) = self.repo_row(presence.actor).await? else { return Ok(Vec::new()) };
        let block = self.hub.store().row(atproto_repos::block(presence.actor, &row.head)).await?;
        let bytes: Vec<u8> = block.ok_or(HubError::Damaged("a repository without its commit"))?.get(0)?;
        let commit = crate::repo::Block::of_dag_cbor(bytes);
        let blocks = crate::repo::car::write(&commit.cid, [&commit]).into();
        let damaged = || HubError::Damaged("the row of a repository");
        let did = Did::parse(&row.did).map_err(|_| damaged())?;
        let rev = Tid::parse(&row.rev).map_err(|_| damaged())?;
        let sync = firehose::SyncEvent { did, rev, blocks, time: Datetime::of(Time::now()) };
        Ok(announce(presence.actor, &firehose::Event::Sync(sync), Time::now()).into())
    }
}
