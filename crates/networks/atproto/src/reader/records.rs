//! Changed records, proved, to the hub.

use super::{Later, Reader};
use crate::{
    data::Record,
    lookup,
    repo::Block,
    syntax::{Did, Tid},
    translate::{
        acts_in::{self, Found},
        gates_in,
        place::{BLOCK, FOLLOW, LIKE, POST, POSTGATE, PROFILE, Place, REPOST, SELF, THREADGATE, written_at},
    },
};
use landbridge_hub::{CopyState, InPost, Via, What};
use landbridge_model::{Network, Time};
use std::time::Duration;

/// What was written longer ago is no news, though its repository has it only now (an archive that was brought along): it
/// is kept, and nobody is told.
const NEWS: Duration = Duration::from_secs(7 * 86_400);

/// A record that changed.
#[derive(Clone, Debug)]
pub struct Changed {
    pub place: Place,
    /// The record that is there now; `None`: deleted.
    pub record: Option<Block>,
}

/// The collections that are read.
pub fn is_read(collection: &str) -> bool {
    [POST, REPOST, LIKE, FOLLOW, BLOCK, PROFILE, THREADGATE, POSTGATE].contains(&collection)
}

/// Takes in the changes of one commit, in order. `everything`: a member follows their author; otherwise only what names a
/// member counts, and what changes something that is here.
pub async fn take(
    reader: &Reader,
    did: &Did,
    rev: Tid,
    changes: &[Changed],
    everything: bool,
) -> Result<(), Later> {
    if reader.at.is_shut_out(did).await? {
        return Ok(());
    }
    let now = Time::now();
    let at = Time(i64::try_from(rev.micros() / 1000).unwrap_or(i64::MAX).min(now.0));
    for change in changes.iter().filter(|change| is_read(&change.place.collection)) {
        match &change.record {
            None => removed(reader, &change.place, at).await?,
            Some(block) => {
                let concerns = everything || reader.interest.people().names_a_member(&block.bytes);
                // What is no record is nothing; its repository may hold it.
                let Ok(record) = Record::decode(block.bytes.clone()) else { continue };
                let found = Found { place: change.place.clone(), record };
                written(reader, did, &found, changes, at, concerns).await?;
            }
        }
    }
    Ok(())
}

/// Something that is no longer there, if it was here.
pub async fn removed(reader: &Reader, place: &Place, at: Time) -> Result<(), Later> {
    let about = gates_in::post_of(place).unwrap_or_else(|| place.clone());
    let copy = reader.hub.copy(Network::AtProto, &about.to_string()).await?;
    if copy.is_none_or(|copy| copy.state == CopyState::Deleted) {
        return Ok(());
    }
    match acts_in::removed(place, at) {
        Some(incoming) => reader.receive(incoming).await,
        None => Ok(()),
    }
}

async fn written(
    reader: &Reader,
    did: &Did,
    found: &Found,
    beside: &[Changed],
    at: Time,
    concerns: bool,
) -> Result<(), Later> {
    let place = &found.place;
    if place.collection == PROFILE {
        return match place.rkey == SELF && (concerns || reader.at.people.is_known(did.as_str())) {
            true => profile(reader, did, found).await,
            false => Ok(()),
        };
    }
    let now = Time::now();
    let server = reader.at.server_name(did).await?;
    let Some(what) = acts_in::read(found, server.as_deref(), now) else { return Ok(()) };
    let people = reader.interest.people();
    let what = match what {
        What::Post(post) => match post_or_edit(reader, place, post, beside, at, concerns).await? {
            Some(what) => what,
            None => return Ok(()),
        },
        What::Follow { target } | What::Block { target } if !people.is_member(&target) => return Ok(()),
        What::Gate { target, .. } if reader.hub.copy(Network::AtProto, &target).await?.is_none() => {
            return Ok(());
        }
        gate @ What::Gate { .. } => gate,
        _ if !concerns => return Ok(()),
        what => what,
    };
    let told = matches!(what, What::Post(_) | What::Repost { .. });
    let old = told && written_at(found.record.fields(), &place.rkey, now) < now.minus(NEWS);
    let via = if old { Via::Fetched } else { Via::Delivered };
    reader.receive(acts_in::incoming(found, what, Some(at), via, now)).await
}

/// A post that is here in another version was edited.
async fn post_or_edit(
    reader: &Reader,
    place: &Place,
    mut post: Box<InPost>,
    beside: &[Changed],
    at: Time,
    concerns: bool,
) -> Result<Option<What>, Later> {
    let gate = |collection: &str| {
        let of = |change: &&Changed| change.place.collection == collection && change.place.rkey == place.rkey;
        let block = beside.iter().find(of)?.record.as_ref()?;
        let record = Record::decode(block.bytes.clone()).ok()?;
        Some(Found { place: Place { collection: collection.into(), ..place.clone() }, record })
    };
    let (thread, quotes) = (gate(THREADGATE), gate(POSTGATE));
    lookup::set_gates(&mut post, place, thread.as_ref(), quotes.as_ref());
    let known = reader.hub.copy(Network::AtProto, &post.native_id).await?;
    match known {
        Some(copy) if copy.version.is_some() && copy.version != post.version => {
            // The rules stand in records of their own: new words do not change them.
            let held = reader.hub.post(copy.object).await?;
            if thread.is_none() {
                post.reply_policy = held.reply_policy;
            }
            if quotes.is_none() {
                post.quote_policy = held.quote_policy;
            }
            post.updated = Some(at);
            Ok(Some(What::Edit(post)))
        }
        None if !concerns => Ok(None),
        _ => Ok(Some(What::Post(post))),
    }
}

async fn profile(reader: &Reader, did: &Did, found: &Found) -> Result<(), Later> {
    let Some(who) = reader.at.identity(did).await? else { return Ok(()) };
    let incoming = lookup::profile_of(&reader.at, &who, Some(found), Via::Delivered).await?;
    reader.receive(incoming).await
}
