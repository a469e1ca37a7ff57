//! What a repository that was brought here holds, on its way to the hub: so that who moved here finds their posts, likes,
//! follows and blocks in every app. It is of then, not of now: nobody is told, and nothing of it crosses.
//!
//! It may be much, and about people and posts elsewhere, each of which has to be asked for. So it is gone through one by one
//! per member, and where it stands is kept (`atproto_arrivals`).

use super::{Written, followers};
use crate::{
    network::AtProto,
    syntax::{Did, Tid},
    translate::place::{BLOCK, FOLLOW, LIKE, POST, PROFILE, Place, REPOST, SELF},
};
use futures_util::{StreamExt, stream};
use landbridge_hub::{HubError, Stop};
use landbridge_model::{Id, Network, Presence, PresenceState, Time};
use landbridge_store::{
    WriteError,
    entities::{
        atproto_arrivals::{self, ArrivalRow},
        atproto_repos::{self, Pending},
    },
};
use std::{sync::Arc, time::Duration};

/// In this order: whom they block is known before whom they follow, a post before what is about it.
const ORDER: [&str; 5] = [BLOCK, FOLLOW, POST, REPOST, LIKE];
/// And then, in place of a collection: who follows them, with the AppView's cursor in place of a key.
const FOLLOWERS: &str = "followers";
/// Of what is about others' posts, the newest so many: each has to be asked for, and kept.
const MOST_ABOUT_OTHERS: i64 = 5_000;
/// Repositories that are gone through at once.
const AT_ONCE: i64 = 4;
/// Records, and time, after which it is noted where one stands.
const BATCH: i64 = 50;
const STRETCH: Duration = Duration::from_secs(5);
/// For so long nobody else takes up a repository that is being gone through.
const CLAIM: Duration = Duration::from_secs(300);
/// Longest wait before looking again.
const LOOK: Duration = Duration::from_secs(2);
/// How long until another try when the hub cannot take anything in.
const PAUSE: Duration = Duration::from_secs(30);
/// Servers that did not answer are asked again after a while, for a day.
const AGAIN: Duration = Duration::from_secs(600);
const PATIENCE: Duration = Duration::from_secs(86_400);

pub async fn run(at: Arc<AtProto>, mut stop: Stop) {
    while !*stop.borrow() {
        match work(&at).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "repositories that were brought here wait for the hub"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

/// A stretch of each repository that is due; whether there was any.
async fn work(at: &AtProto) -> Result<bool, HubError> {
    let rows = at.hub.store().rows(atproto_arrivals::due(Time::now(), AT_ONCE)).await?;
    let any = !rows.is_empty();
    let arrivals =
        rows.into_iter().map(|mut row| ArrivalRow::read(&mut row)).collect::<Result<Vec<_>, _>>()?;
    let mut done =
        stream::iter(arrivals).map(|arrival| go_on(at, arrival)).buffer_unordered(AT_ONCE as usize);
    while let Some(outcome) = done.next().await {
        outcome?;
    }
    Ok(any)
}

/// One stretch of one repository.
async fn go_on(at: &AtProto, mut arrival: ArrivalRow) -> Result<(), HubError> {
    let store = at.hub.store();
    match store.write(atproto_arrivals::claim(&arrival, Time::now().plus(CLAIM))).await {
        Err(WriteError::Precondition(_)) => return Ok(()),
        other => other?,
    };
    let presence = at.hub.presence(arrival.actor, Network::AtProto).await?;
    let Some(presence) = presence.filter(|presence| presence.state == PresenceState::Active) else {
        // Switched off meanwhile: `activateAccount` begins anew.
        arrival.due = atproto_arrivals::LATER;
        store.write(atproto_arrivals::advance(&arrival)).await?;
        return Ok(());
    };
    let outcome = stretch(at, &presence, &mut arrival).await;
    let is_through = matches!(outcome, Ok(true));
    arrival.due = match &outcome {
        Ok(_) => Time::now(),
        Err(_) => Time::now().plus(PAUSE),
    };
    if is_through && arrival.missed > 0 && is_young(&arrival) {
        arrival = ArrivalRow {
            collection: String::new(),
            rkey: String::new(),
            missed: 0,
            due: Time::now().plus(AGAIN),
            ..arrival
        };
    } else if is_through {
        store.write(atproto_arrivals::finish(&arrival)).await?;
        return Ok(());
    }
    store.write(atproto_arrivals::advance(&arrival)).await?;
    outcome.map(drop)
}

fn is_young(arrival: &ArrivalRow) -> bool {
    let came = Tid::parse(&arrival.rev).map_or(0, |rev| rev.micros() / 1000);
    i64::try_from(came).is_ok_and(|came| Time(came).plus(PATIENCE) > Time::now())
}

/// Goes on for a while; whether that was the end.
async fn stretch(at: &AtProto, presence: &Presence, arrival: &mut ArrivalRow) -> Result<bool, HubError> {
    let begun = std::time::Instant::now();
    let mut place = match &*arrival.collection {
        FOLLOWERS => ORDER.len(),
        begun => ORDER.iter().position(|collection| *collection == begun).unwrap_or(0),
    };
    while let Some(collection) = ORDER.get(place) {
        if arrival.collection != **collection {
            arrival.collection = (*collection).to_owned();
            arrival.rkey = beginning(at, arrival.actor, collection).await?;
        }
        loop {
            let after =
                atproto_arrivals::records(arrival.actor, collection, &arrival.rkey, &arrival.rev, BATCH);
            let rows = at.hub.store().rows(after).await?;
            if rows.is_empty() {
                break;
            }
            for mut row in rows {
                let rkey: String = row.get(0)?;
                if !record(at, presence, collection, &rkey).await? {
                    arrival.missed += 1;
                }
                arrival.rkey = rkey;
                if begun.elapsed() > STRETCH {
                    return Ok(false);
                }
            }
        }
        place += 1;
    }
    pin(at, presence).await?;
    if arrival.collection != FOLLOWERS {
        arrival.collection = FOLLOWERS.to_owned();
        arrival.rkey = String::new();
    }
    let Some(view) = &at.options.appview else { return Ok(true) };
    // Of very many not all: each costs a few requests.
    while is_young(arrival) && begun.elapsed() < STRETCH {
        match followers::page(at, view, presence, &arrival.rkey).await? {
            Some(next) => arrival.rkey = next,
            None => return Ok(true),
        }
    }
    Ok(!is_young(arrival))
}

/// The key behind which a collection is read.
async fn beginning(at: &AtProto, actor: Id, collection: &str) -> Result<String, HubError> {
    if ![REPOST, LIKE].contains(&collection) {
        return Ok(String::new());
    }
    let first =
        at.hub.store().row(atproto_arrivals::nth_newest(actor, collection, MOST_ABOUT_OTHERS)).await?;
    Ok(first.map(|mut row| row.get(0)).transpose()?.unwrap_or_default())
}

/// One record; `false` when somebody who had to be asked did not answer.
async fn record(at: &AtProto, presence: &Presence, collection: &str, rkey: &str) -> Result<bool, HubError> {
    let Some(stored) = at.record(presence.actor, collection, rkey).await? else { return Ok(true) };
    let written = written(at, presence, collection, rkey)?;
    let Ok(found) = stored.record() else { return Ok(true) };
    let taken = match collection {
        POST => written.post(&found).await,
        _ => written.act(&found).await,
    };
    let answered = outcome(&written.place, taken)?;
    // An app may have changed it or taken it back just now, when the hub did not know it yet.
    let now = at.record(presence.actor, collection, rkey).await?.map(|record| record.cid);
    if now != Some(stored.cid) {
        let pending = Pending {
            seq: at.hub.ids().next(),
            actor: presence.actor,
            path: written.place.path(),
            cid: now.map(|cid| cid.to_bytes()),
            replaced: now.is_some(),
        };
        at.hub.store().write(atproto_repos::await_hub(&pending)).await?;
        at.news.send_replace(());
    }
    Ok(answered)
}

/// Fails when the hub can take in nothing now; `false`: this should be tried again.
fn outcome(place: &Place, taken: Result<(), HubError>) -> Result<bool, HubError> {
    match taken {
        Ok(()) => Ok(true),
        Err(error @ (HubError::Store(_) | HubError::DiskFull | HubError::Busy)) => Err(error),
        Err(HubError::Remote(_)) => Ok(false),
        Err(error) => {
            tracing::debug!(%place, %error, "a record that was brought here stays in the repository alone");
            Ok(true)
        }
    }
}

/// The profile came before the posts: now the one that it pins is there.
async fn pin(at: &AtProto, presence: &Presence) -> Result<(), HubError> {
    let stored = at.record(presence.actor, PROFILE, SELF).await?;
    let Some(profile) = stored.and_then(|stored| stored.record().ok()) else { return Ok(()) };
    let written = written(at, presence, PROFILE, SELF)?;
    outcome(&written.place, written.pinned(&profile).await).map(drop)
}

fn written<'a>(
    at: &'a AtProto,
    presence: &Presence,
    collection: &str,
    rkey: &str,
) -> Result<Written<'a>, HubError> {
    let did = Did::parse(&presence.native_id).map_err(|_| HubError::Damaged("a member's DID"))?;
    let place = Place { did, collection: collection.to_owned(), rkey: rkey.to_owned() };
    Ok(Written { at, member: presence.actor, presence: presence.clone(), place, brought: true })
}
