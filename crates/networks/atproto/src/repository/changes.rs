//! A commit as changes to the database.

use crate::{
    data::{BlobRef, Cid, Record},
    firehose::{self, CommitEvent},
    network::AtProto,
    repo::{Block, RepoOp, Staged},
    syntax::{Datetime, Tid},
};
use landbridge_model::{Id, Time};
use landbridge_store::{
    Change,
    entities::{
        atproto_blobs, atproto_events,
        atproto_repos::{self, RepoRow},
    },
};
use std::collections::{HashMap, HashSet};

/// A commit that is made and has yet to be written.
pub struct Made {
    pub head: Cid,
    pub rev: Tid,
    pub ops: Vec<RepoOp>,
    pub changes: Vec<Change>,
}

impl Made {
    /// `before`: the commit that it follows; `None` for the first one.
    pub fn of(at: &AtProto, actor: Id, staged: &Staged, before: Option<Cid>) -> Made {
        let (head, data) = (staged.repo.head(), staged.repo.data());
        let rev = staged.repo.rev().to_string();
        let mut changes = vec![match before {
            Some(before) => {
                atproto_repos::advance(actor, &before.to_bytes(), &head.to_bytes(), &data.to_bytes(), &rev)
            }
            None => atproto_repos::insert(&RepoRow {
                actor,
                did: staged.repo.did().to_string(),
                head: head.to_bytes(),
                data: data.to_bytes(),
                rev: rev.clone(),
                state: String::new(),
            }),
        }];
        let added: HashMap<Cid, &Block> = staged.added.iter().map(|block| (block.cid, block)).collect();
        let records: HashSet<Cid> = staged.ops.iter().filter_map(|op| op.cid).collect();
        for block in &staged.added {
            if !records.contains(&block.cid) {
                changes.push(atproto_repos::put_block(actor, &block.cid.to_bytes(), &rev, &block.bytes));
            }
            at.blocks.insert(block.cid, block.bytes.clone());
        }
        for op in &staged.ops {
            changes.extend(of_record(actor, op, op.cid.and_then(|cid| added.get(&cid).copied()), &rev));
        }
        let dropped = staged.removed.iter().map(|cid| atproto_repos::drop_block(actor, &cid.to_bytes()));
        changes.extend(dropped);
        let now = Time::now();
        let event = firehose::Event::Commit(CommitEvent::of(staged, Datetime::of(now)));
        changes.extend(announce(actor, &event, now));
        Made { head, rev: staged.repo.rev(), ops: staged.ops.clone(), changes }
    }

    /// And then this one.
    pub fn then(&mut self, next: Made) {
        self.changes.extend(next.changes);
        (self.head, self.rev, self.ops) = (next.head, next.rev, next.ops);
    }

    /// CID of the record that this commit has at a path.
    pub fn cid_at(&self, path: &str) -> Option<Cid> {
        self.ops.iter().find(|op| *op.path == *path)?.cid
    }
}

/// `block`: the record that it leaves at its path, if it leaves one.
fn of_record(actor: Id, op: &RepoOp, block: Option<&Block>, rev: &str) -> Vec<Change> {
    let Some(place) = op.path.split_once('/') else { return Vec::new() };
    let mut changes = Vec::new();
    if op.prev.is_some() {
        changes.push(atproto_blobs::unname(actor, &op.path));
    }
    match block {
        Some(Block { cid, bytes }) => {
            changes.push(atproto_repos::put_record(actor, place, &cid.to_bytes(), rev, bytes));
            let record = Record::decode(bytes.clone()).ok();
            for cid in record.iter().flat_map(|record| BlobRef::all_named(record.fields())) {
                changes.push(atproto_blobs::name(actor, &cid.to_string(), &op.path, rev));
            }
        }
        None => changes.push(atproto_repos::drop_record(actor, place.0, place.1)),
    }
    changes
}

/// Something for subscribers of members' repositories.
pub fn announce(actor: Id, event: &firehose::Event, at: Time) -> [Change; 2] {
    let frame = event.unnumbered();
    atproto_events::append(actor, &frame.before, &frame.after, at)
}
