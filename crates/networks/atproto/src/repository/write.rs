//! Writing into a member's repository directly: what an app or an import brings, and what is no act of the hub's.

use super::{CommitError, Made, changes::announce};
use crate::{
    data::Cid,
    firehose,
    network::AtProto,
    repo::{Block, StageError, Write},
    syntax::{Datetime, Did, Handle, Nsid, RecordKey},
};
use landbridge_hub::HubError;
use landbridge_model::{Id, Presence, Time};
use landbridge_store::{
    Change, STALE, WriteError,
    entities::atproto_repos::{self, Pending},
};

/// How often a commit is made anew, because another process writes to the same repository.
const TRIES: u32 = 8;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    #[error(transparent)]
    Hub(#[from] HubError),
    #[error(transparent)]
    Stage(StageError),
    /// The repository or the record is not at the version that was given.
    #[error("somebody else has changed it: it is at {0}")]
    Swap(String),
}

impl From<CommitError> for PutError {
    fn from(error: CommitError) -> PutError {
        match error {
            CommitError::Stage(stage) => PutError::Stage(stage),
            CommitError::Hub(hub) => PutError::Hub(hub),
        }
    }
}

/// What is wanted of one record. What comes of it depends on what is there when the repository is held.
#[derive(Clone, Debug)]
pub enum Wish {
    Exactly(Write),
    /// A new record, in the place of those that say the same of the same: see [`super::again`].
    Again {
        collection: Nsid,
        rkey: RecordKey,
        block: Block,
    },
    /// The record, be there one before or not. `swap`: the version that must be there (`None`: none).
    Put {
        collection: Nsid,
        rkey: RecordKey,
        block: Block,
        swap: Option<Option<String>>,
    },
    /// No record, be there one before or not.
    Remove {
        collection: Nsid,
        rkey: RecordKey,
        swap: Option<Option<String>>,
    },
}

impl AtProto {
    /// Writes records, in one commit. `swap`: the commit that must be the newest. The hub hears of them afterwards, when `told`. `None`: there was nothing
    /// to write.
    pub async fn put(
        &self,
        presence: &Presence,
        swap: Option<Cid>,
        told: bool,
        wishes: &[Wish],
    ) -> Result<Option<Made>, PutError> {
        let _turn = self.hub.turn(presence.actor).await;
        let mut tries = 0;
        loop {
            if let Some(swap) = swap {
                let head = self.repo_row(presence.actor).await?.map(|row| row.head).unwrap_or_default();
                if head != swap.to_bytes() {
                    let head = Cid::from_bytes(&head).map(|cid| cid.to_string()).unwrap_or_default();
                    return Err(PutError::Swap(head));
                }
            }
            let (mut writes, mut changes) = (Vec::with_capacity(wishes.len()), Vec::new());
            for wish in wishes {
                if let Wish::Again { collection, rkey, block } = wish {
                    let room = self.room_for(presence, collection, rkey, block).await?;
                    writes.extend(room.writes);
                    changes.extend(room.changes);
                }
                writes.extend(self.write_of(presence.actor, wish).await?);
            }
            if writes.is_empty() {
                return Ok(None);
            }
            let mut made = self.make_commit(presence, &writes).await?;
            made.changes.append(&mut changes);
            if told {
                let pending = self.pending(presence.actor, &made);
                made.changes.extend(pending);
            }
            match self.hub.store().write(std::mem::take(&mut made.changes)).await {
                Ok(_) => {
                    self.news.send_replace(());
                    return Ok(Some(made));
                }
                Err(WriteError::Precondition(STALE)) if tries < TRIES => tries += 1,
                Err(error) => return Err(HubError::from(error).into()),
            }
        }
    }

    async fn write_of(&self, actor: Id, wish: &Wish) -> Result<Option<Write>, PutError> {
        let (collection, rkey, swap) = match wish {
            Wish::Exactly(write) => return Ok(Some(write.clone())),
            Wish::Again { collection, rkey, block } => {
                return Ok(Some(Write::Create(collection.clone(), rkey.clone(), block.clone())));
            }
            Wish::Put { collection, rkey, swap, .. } | Wish::Remove { collection, rkey, swap } => {
                (collection, rkey, swap)
            }
        };
        let before = self.record(actor, collection.as_str(), rkey.as_str()).await?.map(|record| record.cid);
        let version = before.map(|cid| cid.to_string());
        if swap.as_ref().is_some_and(|swap| *swap != version) {
            return Err(PutError::Swap(version.unwrap_or_else(|| "null".into())));
        }
        Ok(match (wish, before) {
            // Nothing would change: no commit says so.
            (Wish::Put { block, .. }, Some(before)) if before == block.cid => None,
            (Wish::Put { block, .. }, Some(_)) => {
                Some(Write::Update(collection.clone(), rkey.clone(), block.clone()))
            }
            (Wish::Put { block, .. }, None) => {
                Some(Write::Create(collection.clone(), rkey.clone(), block.clone()))
            }
            (_, before) => before.map(|_| Write::Delete(collection.clone(), rkey.clone())),
        })
    }

    fn pending(&self, actor: Id, made: &Made) -> Vec<Change> {
        let rows = made.ops.iter().map(|op| Pending {
            seq: self.hub.ids().next(),
            actor,
            path: op.path.to_string(),
            cid: op.cid.map(|cid| cid.to_bytes()),
            replaced: op.prev.is_some(),
        });
        rows.map(|row| atproto_repos::await_hub(&row)).collect()
    }

    /// Tells subscribers that handle, keys or server of a member may have changed.
    pub fn identity_event(&self, actor: Id, did: &Did, handle: Option<Handle>) -> [Change; 2] {
        let time = Datetime::of(Time::now());
        let event = firehose::Event::Identity(firehose::Identity { did: did.clone(), handle, time });
        announce(actor, &event, Time::now())
    }

    /// Tells subscribers whether a repository is served, and if not, why.
    pub fn account_event(&self, actor: Id, did: &Did, status: &str) -> [Change; 2] {
        let time = Datetime::of(Time::now());
        let event = firehose::Event::Account(firehose::Account {
            did: did.clone(),
            active: status.is_empty(),
            status: (!status.is_empty()).then(|| status.into()),
            time,
        });
        announce(actor, &event, Time::now())
    }
}
