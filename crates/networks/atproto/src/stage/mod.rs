//! What members do, as records: one file a group of acts. An act is one commit, made on top of the newest.

mod account;
mod answers;
mod chat;
mod gates;
mod message;
mod post;
mod profile;
pub(crate) mod report;

pub(crate) use account::state_while_off;
pub use post::preview;
pub(crate) use profile::labels as profile_labels;

use crate::{
    data::{Cid, Map, Record},
    network::AtProto,
    repo::{Block, Write},
    syntax::{AtUri, Did, Nsid, RecordKey, Tid},
};
use bytes::Bytes;
use landbridge_hub::{
    Act, ActKind, CopyKind, CopyState, Destination, Hub, HubError, Origin, Outcome, Payload, Staged,
    StagedCopy,
};
use landbridge_model::{Id, Network};
use landbridge_store::{Change, entities::copies};

pub const POST: &str = "app.bsky.feed.post";
pub const LIKE: &str = "app.bsky.feed.like";
pub const REPOST: &str = "app.bsky.feed.repost";
pub const THREADGATE: &str = "app.bsky.feed.threadgate";
pub const POSTGATE: &str = "app.bsky.feed.postgate";
pub const FOLLOW: &str = "app.bsky.graph.follow";
pub const BLOCK: &str = "app.bsky.graph.block";
pub const PROFILE: &str = "app.bsky.actor.profile";

pub async fn stage(at: &AtProto, hub: &Hub, act: &Act) -> Result<Staged, HubError> {
    let did = Did::parse(&act.presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
    let staging = Staging { at, hub, act, did };
    // On its way here from another server: until `activateAccount` nothing is said of it, whoever switched it on.
    if crate::facts::Facts::of(&act.presence).moving {
        return Ok(Staged::default());
    }
    // What is not for all to read never comes near the repository, which is.
    if message::private_post(&act.kind).is_some() {
        return staging.privately().await;
    }
    let mut made = Records::default();
    if let Some(origin) = &act.origin
        && !staging.native(origin, &mut made)
    {
        return staging.commit(made).await;
    }
    match &act.kind {
        ActKind::Post(post) => staging.post(post, &mut made).await?,
        ActKind::Edit(post) => staging.edit(post, &mut made).await?,
        ActKind::Delete(post) => staging.remove(CopyKind::Post, post.id, &mut made).await?,
        ActKind::Repost { repost, target } => staging.repost(repost, target, &mut made).await?,
        ActKind::Unrepost { repost, .. } => staging.remove(CopyKind::Repost, repost.id, &mut made).await?,
        ActKind::React { reaction, target } => staging.like(reaction, target, &mut made).await?,
        ActKind::Unreact { reaction, .. } => {
            staging.remove(CopyKind::Reaction, reaction.id, &mut made).await?
        }
        ActKind::Follow { id, target } => staging.follow(*id, target, &mut made).await?,
        ActKind::Unfollow { id, .. } => staging.remove(CopyKind::Follow, *id, &mut made).await?,
        ActKind::Block { id, target } => staging.block(*id, target, &mut made).await?,
        ActKind::Unblock { id, .. } => staging.remove(CopyKind::Block, *id, &mut made).await?,
        ActKind::RevokeQuote { quoted, quoting } => staging.detach(quoted, quoting, &mut made).await?,
        ActKind::Profile => {
            staging.profile(&mut made).await?;
            staging.declare_chat(&mut made).await?;
        }
        ActKind::Pin(post) => staging.pin(Some(post), &mut made).await?,
        ActKind::Unpin(post) => staging.unpin(post, &mut made).await?,
        ActKind::Leave { forever } => return staging.leave(*forever).await,
        ActKind::Report { target, posts, comment, category } => {
            return staging.report(target, posts, comment, category).await;
        }
        // Follows need no answer there; votes, tallies and leave to quote have no word; a DID moves by its directory.
        ActKind::AcceptFollow { .. }
        | ActKind::RejectFollow { .. }
        | ActKind::Vote { .. }
        | ActKind::Tally { .. }
        | ActKind::AnswerQuote { .. }
        | ActKind::Approved { .. }
        | ActKind::Move { .. } => {}
    }
    staging.commit(made).await
}

/// What an act writes into the repository, and beside it.
#[derive(Default)]
pub(crate) struct Records {
    pub writes: Vec<Write>,
    /// What becomes the copy of what: by the path of the record.
    pub copies: Vec<(CopyKind, Id, String)>,
    pub changes: Vec<Change>,
    /// Written even when there are no records: the repository is to be announced.
    pub announce: bool,
    /// A record that is there already.
    pub native: Option<StagedCopy>,
    /// An edit that readers there do not get.
    pub unchanged: bool,
}

/// A record by place and version, as others name it (`com.atproto.repo.strongRef`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StrongRef {
    pub uri: String,
    pub cid: String,
}

impl StrongRef {
    pub fn to_map(&self) -> Map {
        Map::new().with("uri", self.uri.as_str()).with("cid", self.cid.as_str())
    }
}

/// Of an edit, in the delivery record.
const FIRST_VERSION: &str =
    "readers on AT Protocol keep the first version: an edit there would cut off its likes and quotes";

/// What is in a member's repository is delivered by being there: relays and servers read it.
pub(crate) fn delivered() -> Outcome {
    Outcome::Delivered { answer: "in the repository, for everybody to read".into() }
}

pub(crate) struct Staging<'a> {
    pub at: &'a AtProto,
    pub hub: &'a Hub,
    pub act: &'a Act,
    pub did: Did,
}

impl Staging<'_> {
    /// The commit of these records, with the copies that they are.
    async fn commit(&self, records: Records) -> Result<Staged, HubError> {
        let mut staged = Staged { changes: records.changes, ..Staged::default() };
        if records.unchanged {
            staged.payloads.push(match self.act.kind {
                ActKind::Edit(_) => self.receipt(Outcome::Refused { why: FIRST_VERSION.into() }),
                _ => self.receipt(delivered()),
            });
        }
        if let Some(copy) = records.native {
            staged.copies.push(copy);
            // What was brought was delivered long ago.
            if self.act.origin.as_ref().is_none_or(|origin| origin.brought.is_none()) {
                staged.payloads.push(self.receipt(delivered()));
            }
        }
        if records.writes.is_empty() && !records.announce {
            return Ok(staged);
        }
        let mut made = self.at.make_commit(&self.act.presence, &records.writes).await?;
        for (kind, object, path) in records.copies {
            staged.copies.push(StagedCopy {
                kind,
                object,
                native_id: format!("at://{}/{path}", self.did),
                version: made.cid_at(&path).map(|cid| cid.to_string()),
                url: None,
                // It is in the repository.
                original: None,
                state: CopyState::Live,
            });
        }
        // Blobs must be there before the records that name them.
        staged.changes.append(&mut made.changes);
        staged.payloads.push(self.receipt(delivered()));
        Ok(staged)
    }

    /// A record that an app of the member wrote is in the repository already, byte for byte: only that it is a copy has to
    /// be noted. Whether there is more to do: what is taken back may have further records, and with its profile an account
    /// may come back.
    fn native(&self, origin: &Origin, made: &mut Records) -> bool {
        let version = Cid::of_dag_cbor(&origin.original).to_string();
        let copy = match &self.act.kind {
            ActKind::Post(post) => Some((CopyKind::Post, post.id)),
            ActKind::Repost { repost, .. } => Some((CopyKind::Repost, repost.id)),
            ActKind::React { reaction, .. } => Some((CopyKind::Reaction, reaction.id)),
            ActKind::Follow { id, .. } => Some((CopyKind::Follow, *id)),
            ActKind::Block { id, .. } => Some((CopyKind::Block, *id)),
            ActKind::Edit(_) => {
                let update = copies::update(Network::AtProto, &origin.native_id, Some(&version), None);
                made.changes.push(update);
                return false;
            }
            // The profile, which an app wrote, says so.
            ActKind::Pin(_) | ActKind::Unpin(_) => return false,
            _ => return true,
        };
        made.native = copy.map(|(kind, object)| StagedCopy {
            kind,
            object,
            native_id: origin.native_id.clone(),
            version: Some(version),
            url: None,
            original: None,
            state: CopyState::Live,
        });
        false
    }

    /// For the delivery record.
    fn receipt(&self, outcome: Outcome) -> Payload {
        let url = self.at.options.pds_origin().to_owned();
        let host = self.at.options.pds.host_str().unwrap_or_default().to_owned();
        let destinations = vec![Destination { url, host }];
        Payload { bytes: Bytes::new(), private: false, destinations, settled: Some(outcome) }
    }

    /// Deletes every record that a thing has on this network.
    async fn remove(&self, kind: CopyKind, object: Id, made: &mut Records) -> Result<(), HubError> {
        for copy in self.hub.copies(kind, object).await? {
            if copy.network == Network::AtProto && copy.state == CopyState::Live {
                self.remove_record(&copy.native_id, made).await?;
            }
        }
        Ok(())
    }

    /// Deletes a record and what belongs to it, as far as it is there.
    async fn remove_record(&self, native_id: &str, made: &mut Records) -> Result<(), HubError> {
        let Some((collection, rkey)) = AtUri::parse(native_id).ok().and_then(own_place) else {
            return Ok(());
        };
        let beside: &[&str] = if collection.as_str() == POST { &[THREADGATE, POSTGATE] } else { &[] };
        let all = [collection.as_str()].into_iter().chain(beside.iter().copied());
        for collection in all {
            if self.at.record(self.act.member.id, collection, rkey.as_str()).await?.is_some() {
                made.writes.push(Write::Delete(nsid(collection)?, rkey.clone()));
            }
        }
        Ok(())
    }

    /// A new record under a new key; gives its path.
    fn create(&self, collection: &str, fields: Map, made: &mut Records) -> Result<String, HubError> {
        self.create_at(collection, self.at.next_tid(None), fields, made)
    }

    fn create_at(
        &self,
        collection: &str,
        tid: Tid,
        fields: Map,
        made: &mut Records,
    ) -> Result<String, HubError> {
        let rkey = RecordKey::parse(&tid.to_string()).map_err(|_| HubError::Damaged("a record key"))?;
        let path = format!("{collection}/{rkey}");
        made.writes.push(Write::Create(nsid(collection)?, rkey, block(collection, fields)?));
        Ok(path)
    }

    /// The record of a thing on this network, by place and version.
    async fn reference(&self, kind: CopyKind, object: Id) -> Result<Option<StrongRef>, HubError> {
        let copy = self.hub.copy_on(kind, object, Network::AtProto).await?;
        Ok(copy.and_then(|copy| Some(StrongRef { uri: copy.native_id, cid: copy.version? })))
    }
}

/// Collection and key of a record.
pub(crate) fn own_place(uri: AtUri) -> Option<(Nsid, RecordKey)> {
    Some((uri.collection()?.clone(), uri.rkey()?.clone()))
}

pub(crate) fn nsid(text: &str) -> Result<Nsid, HubError> {
    Nsid::parse(text).map_err(|_| HubError::Damaged("the name of a collection"))
}

/// A record as a block.
pub(crate) fn block(collection: &str, fields: Map) -> Result<Block, HubError> {
    let record = Record::encode(fields.with("$type", collection));
    let record =
        record.map_err(|error| HubError::invalid(format!("AT Protocol cannot carry this: {error}")))?;
    Ok(Block { cid: record.cid(), bytes: record.bytes().clone() })
}
