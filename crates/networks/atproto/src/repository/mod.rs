//! Members' repositories in the database. A commit is made as a value, on top of the newest one, and written together with
//! whatever caused it; if another one was written meanwhile, the write fails ([`landbridge_store::STALE`]).

mod again;
mod blobs;
mod changes;
mod export;
mod import;
mod lists;
mod read;
mod write;

pub use changes::Made;
pub use export::Export;
pub use read::StoredRecord;
pub use write::{PutError, Wish};

use crate::{
    data::Cid,
    keys,
    network::AtProto,
    repo::{Blocks, Commit, MemoryBlocks, Repo, StageError, Write, mst::TreeError},
    syntax::{Did, Tid},
};
use bytes::Bytes;
use landbridge_hub::HubError;
use landbridge_model::{ActorState, Id, Presence, Time};
use landbridge_store::entities::atproto_repos::{self, RepoRow};
use std::collections::HashMap;

/// Blocks that one commit may have to read: the tree is a few levels deep, and there are at most 200 writes.
const MOST_READS: usize = 10_000;

impl AtProto {
    /// Where a repository stands.
    pub async fn repo_row(&self, actor: Id) -> Result<Option<RepoRow>, HubError> {
        let row = self.hub.store().row(atproto_repos::of_actor(actor)).await?;
        Ok(row.map(|mut row| RepoRow::read(&mut row)).transpose()?)
    }

    pub async fn repo_of(&self, did: &str) -> Result<Option<RepoRow>, HubError> {
        let row = self.hub.store().row(atproto_repos::by_did(did)).await?;
        Ok(row.map(|mut row| RepoRow::read(&mut row)).transpose()?)
    }

    /// The TID of a moment.
    pub fn tid_at(&self, at: Time) -> Tid {
        Tid::new(u64::try_from(at.0).unwrap_or_default().saturating_mul(1000), 0)
    }

    /// The next TID, greater than `before`.
    pub fn next_tid(&self, before: Option<Tid>) -> Tid {
        let micros = u64::try_from(Time::now().0).unwrap_or_default().saturating_mul(1000);
        let mut clock = self.clock.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        clock.next_after(micros, before)
    }

    /// A commit of these writes on top of the newest one, with everything that has to be written for it. The first commit
    /// of a repository when there is none.
    pub async fn make_commit(&self, presence: &Presence, writes: &[Write]) -> Result<Made, CommitError> {
        let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
        let key = keys::signing_key(&self.hub, presence.actor).await?;
        let row = self.repo_row(presence.actor).await?;
        let deleted = match &row {
            Some(row) => row.state == "deleted",
            // Whoever is joining is not there yet.
            None => self.hub.actor(presence.actor).await.is_ok_and(|a| a.state == ActorState::Deleted),
        };
        if deleted {
            return Err(HubError::Forbidden("this account is deleted").into());
        }
        let Some(row) = row else {
            let first = Repo::create(did, self.next_tid(None), &key)?;
            let mut made = Made::of(self, presence.actor, &first, None);
            if !writes.is_empty() {
                let blocks = MemoryBlocks::from_iter(first.added.iter().cloned());
                let rev = self.next_tid(Some(first.repo.rev()));
                let next = first.repo.stage(&blocks, writes, rev, &key)?;
                made.then(Made::of(self, presence.actor, &next, Some(first.repo.head())));
            }
            return Ok(made);
        };
        let head = Cid::from_bytes(&row.head).map_err(|_| HubError::Damaged("the head of a repository"))?;
        let mut at_hand = AtHand::new(self, presence.actor);
        at_hand.load(&head).await?;
        let commit = at_hand.get(&head).ok_or(HubError::Damaged("a repository without its commit"))?;
        let commit = Commit::decode(&commit).map_err(|_| HubError::Damaged("a commit"))?;
        let repo = Repo::open(head, &commit);
        let rev = self.next_tid(Some(repo.rev()));
        loop {
            match repo.stage(&at_hand, writes, rev, &key) {
                Err(StageError::Tree(TreeError::Missing(cid))) => at_hand.load(&cid).await?,
                Ok(staged) => return Ok(Made::of(self, presence.actor, &staged, Some(head))),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Why no commit was made.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    #[error(transparent)]
    Hub(#[from] HubError),
    #[error(transparent)]
    Stage(#[from] StageError),
}

impl From<CommitError> for HubError {
    fn from(error: CommitError) -> HubError {
        match error {
            CommitError::Hub(error) => error,
            CommitError::Stage(StageError::Tree(_) | StageError::Sign(_)) => {
                HubError::Damaged("a repository")
            }
            CommitError::Stage(error) => HubError::invalid(error.to_string()),
        }
    }
}

/// Blocks of one repository: those that were loaded for this, and those that are at hand anyway.
struct AtHand<'a> {
    at: &'a AtProto,
    actor: Id,
    read: HashMap<Cid, Bytes>,
}

impl<'a> AtHand<'a> {
    fn new(at: &'a AtProto, actor: Id) -> AtHand<'a> {
        AtHand { at, actor, read: HashMap::new() }
    }

    /// Fails when there are more than any commit needs.
    async fn load(&mut self, cid: &Cid) -> Result<(), HubError> {
        let bytes = match self.at.blocks.get(cid) {
            Some(bytes) => bytes,
            None => {
                let row = self.at.hub.store().row(atproto_repos::block(self.actor, &cid.to_bytes())).await?;
                let bytes: Vec<u8> = row.ok_or(HubError::Damaged("a repository misses a block"))?.get(0)?;
                let bytes = Bytes::from(bytes);
                self.at.blocks.insert(*cid, bytes.clone());
                bytes
            }
        };
        self.read.insert(*cid, bytes);
        if self.read.len() > MOST_READS { Err(HubError::Damaged("a tree that does not end")) } else { Ok(()) }
    }
}

impl Blocks for AtHand<'_> {
    fn get(&self, cid: &Cid) -> Option<Bytes> {
        self.read.get(cid).cloned().or_else(|| self.at.blocks.get(cid))
    }
}
