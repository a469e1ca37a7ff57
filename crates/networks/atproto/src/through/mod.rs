//! What apps wrote into members' repositories, on its way to the hub: a record becomes a post, a like, a follow, and crosses
//! to the other networks. It is durable before the hub hears of it, and heard of once.

mod acts;
mod arrivals;
mod followers;
mod gates;
mod posts;
mod profile;

use crate::{
    data::Record,
    network::AtProto,
    syntax::Did,
    translate::{
        gates_in,
        place::{BLOCK, FOLLOW, LIKE, POST, POSTGATE, PROFILE, Place, REPOST, THREADGATE, written_at},
    },
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use landbridge_hub::{HubError, Origin, Stop};
use landbridge_model::{Id, Network, Presence, Time};
use landbridge_store::{
    Change,
    entities::atproto_repos::{self, Pending},
};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Records handed to the hub per look.
const BATCH: i64 = 200;
/// Members whose records are handed over at once.
const AT_ONCE: usize = 8;
/// Longest wait before looking again, should news be missed.
const LOOK: Duration = Duration::from_secs(10);
/// What the hub could not take in for so long is given up.
const PATIENCE: Duration = Duration::from_secs(3600);

pub async fn run(at: Arc<AtProto>, stop: Stop) {
    tokio::join!(hand_over(at.clone(), stop.clone()), arrivals::run(at, stop));
}

async fn hand_over(at: Arc<AtProto>, mut stop: Stop) {
    let mut news = at.news.subscribe();
    while !*stop.borrow() {
        news.borrow_and_update();
        match work(&at).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "records of members wait for the hub"),
        }
        tokio::select! {
            _ = news.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Hands one batch to the hub; whether there may be more. The records of one member stay in order.
async fn work(at: &AtProto) -> Result<bool, HubError> {
    let rows = at.hub.store().rows(atproto_repos::pending(BATCH)).await?;
    let more = rows.len() as i64 == BATCH;
    let mut by_member: HashMap<Id, Vec<Pending>> = HashMap::new();
    for mut row in rows {
        let pending = Pending::read(&mut row)?;
        by_member.entry(pending.actor).or_default().push(pending);
    }
    let taken = by_member.into_values().map(|records| async move {
        let mut heard = Vec::new();
        for pending in records {
            match one(at, &pending).await {
                true => heard.push(pending.seq),
                // What comes after it may be about it.
                false => break,
            }
        }
        heard
    });
    let heard: Vec<Id> = stream::iter(taken).buffer_unordered(AT_ONCE).concat().await;
    let progress = !heard.is_empty();
    let changes: Vec<Change> = heard.into_iter().map(atproto_repos::heard).collect();
    at.hub.store().write(changes).await?;
    Ok(more && progress)
}

/// Whether a record is done with.
async fn one(at: &AtProto, pending: &Pending) -> bool {
    match carry_out(at, pending).await {
        Ok(()) => true,
        Err(error @ (HubError::Store(_) | HubError::DiskFull | HubError::Busy)) => {
            let given_up = pending.seq.time().plus(PATIENCE) < Time::now();
            tracing::warn!(path = pending.path, %error, given_up, "a member's record has to wait for the hub");
            given_up
        }
        Err(error) => {
            tracing::info!(path = pending.path, %error, "a member's record stays in the repository alone");
            true
        }
    }
}

/// A record of a member, written by an app.
pub(crate) struct Written<'a> {
    pub at: &'a AtProto,
    pub member: Id,
    pub presence: Presence,
    pub place: Place,
    /// It came along with the account: see [`arrivals`].
    pub brought: bool,
}

/// Takes over the profile that the repository of a member has who has moved here with it; gives it as it was written.
pub(crate) async fn take_profile(at: &AtProto, presence: &Presence) -> Result<Option<Origin>, HubError> {
    const PATH: (&str, &str) = ("app.bsky.actor.profile", "self");
    let Some(stored) = at.record(presence.actor, PATH.0, PATH.1).await? else { return Ok(None) };
    let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
    let Some(place) = Place::at_path(&did, &format!("{}/{}", PATH.0, PATH.1)) else { return Ok(None) };
    let written = Written { at, member: presence.actor, presence: presence.clone(), place, brought: true };
    let record = stored.record()?;
    written.profile(&record).await?;
    Ok(written.profile_origin(&record))
}

async fn carry_out(at: &AtProto, pending: &Pending) -> Result<(), HubError> {
    let Some(presence) = at.hub.presence(pending.actor, Network::AtProto).await? else { return Ok(()) };
    let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
    let Some(place) = Place::at_path(&did, &pending.path) else { return Ok(()) };
    let written = Written { at, member: pending.actor, presence, place, brought: false };
    let Some(cid) = &pending.cid else { return written.deleted().await };
    // It may have been written over or deleted since: then that is heard of next.
    let Some(mut row) = at.hub.store().row(atproto_repos::block(pending.actor, cid)).await? else {
        return Ok(());
    };
    let record = Record::decode(Bytes::from(row.get::<Vec<u8>>(0)?));
    let record = record.map_err(|_| HubError::Damaged("a record"))?;
    match written.place.collection.as_str() {
        POST if pending.replaced => written.edited(&record).await,
        POST => written.post(&record).await,
        PROFILE => written.profile(&record).await,
        THREADGATE | POSTGATE => written.gate(gates_in::read(&written.place, record.fields())).await,
        LIKE | REPOST | FOLLOW | BLOCK if !pending.replaced => written.act(&record).await,
        _ => Ok(()),
    }
}

impl Written<'_> {
    fn origin(&self, original: Bytes, brought: Option<Time>) -> Option<Origin> {
        Some(Origin { network: Network::AtProto, native_id: self.place.to_string(), original, brought })
    }

    fn origin_of(&self, record: &Record) -> Option<Origin> {
        let brought = self.brought.then(|| written_at(record.fields(), &self.place.rkey, Time::now()));
        self.origin(record.bytes().clone(), brought)
    }

    /// Whether the hub knows it: made here, or heard before.
    async fn is_known(&self) -> Result<bool, HubError> {
        Ok(self.at.hub.copy(Network::AtProto, &self.place.to_string()).await?.is_some())
    }

    /// A post by AT-URI, fetched when it is not known.
    async fn post_at(&self, uri: &str) -> Result<Option<Id>, HubError> {
        let hub = &self.at.hub;
        if let Some(copy) = hub.copy(Network::AtProto, uri).await? {
            return Ok(Some(copy.object));
        }
        for incoming in crate::lookup::fetch(self.at, hub, uri).await? {
            let _ = hub.receive(incoming).await;
        }
        Ok(hub.copy(Network::AtProto, uri).await?.map(|copy| copy.object))
    }
}
