//! Jetstream (<https://github.com/bluesky-social/jetstream>): the stream as JSON, of chosen accounts only. Nothing in it is
//! signed: it says where something has changed, and what it is now the account's server proves.

use super::{
    Later, Reader, accounts,
    backoff::Backoff,
    crew::Crew,
    records::{self, Changed},
    socket::{Over, Socket, address},
    stopped,
};
use crate::{
    repo::Block,
    syntax::{Did, Tid},
    translate::place::{BLOCK, FOLLOW, LIKE, POST, POSTGATE, PROFILE, Place, REPOST, THREADGATE},
};
use landbridge_hub::Stop;
use serde::Deserialize;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use url::Url;

/// Longest message, in bytes.
const LARGEST: usize = 2 << 20;
/// Accounts that one connection may ask for.
const MOST_DIDS: usize = 10_000;
const NOTE: Duration = Duration::from_secs(3);
/// Microseconds read again after a pause, as the documentation advises.
const OVERLAP: u64 = 5_000_000;
const STEADY: Duration = Duration::from_secs(60);
/// How often it is looked whether members follow somebody else.
const LOOK: Duration = Duration::from_secs(5);
const COLLECTIONS: [&str; 8] = [POST, REPOST, LIKE, FOLLOW, BLOCK, PROFILE, THREADGATE, POSTGATE];

#[derive(Debug, Deserialize)]
struct Told {
    did: String,
    time_us: u64,
    kind: String,
    commit: Option<Commit>,
}

#[derive(Debug, Deserialize)]
struct Commit {
    rev: String,
    collection: String,
    rkey: String,
}

enum Job {
    Changed(Place, Tid),
    Account(Did),
    Identity(Did),
}

pub async fn run(reader: Arc<Reader>, url: Url, mut stop: Stop) {
    let mut backoff = Backoff::default();
    while !*stop.borrow() {
        let begun = Instant::now();
        let wanted = wanted(&reader);
        let ended = match wanted.is_empty() {
            // Without a choice it would be everybody.
            true => Ok(()),
            false => read_all(&reader, &url, &wanted, &mut stop).await,
        };
        if begun.elapsed() > STEADY {
            backoff.succeeded();
        }
        let pause = match ended {
            Ok(()) => LOOK,
            Err(Over(why)) => {
                tracing::info!(%url, why, "a Jetstream has ended; it is read again soon");
                backoff.failed()
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = stopped(&mut stop) => return,
        }
    }
}

fn wanted(reader: &Reader) -> Vec<String> {
    let mut wanted: Vec<String> = reader.interest.people().followed.iter().map(ToString::to_string).collect();
    wanted.sort();
    wanted
}

/// As many connections as it takes for so many accounts, until one of them ends.
async fn read_all(reader: &Arc<Reader>, url: &Url, wanted: &[String], stop: &mut Stop) -> Result<(), Over> {
    let parts = wanted.chunks(MOST_DIDS).enumerate();
    let reading = parts.map(|(part, dids)| {
        let name = format!("atproto:{url}#{part}");
        Box::pin(read(reader.clone(), name, url.clone(), dids.to_vec(), stop.clone()))
    });
    futures_util::future::select_all(reading).await.0
}

async fn read(
    reader: Arc<Reader>,
    name: String,
    url: Url,
    mut dids: Vec<String>,
    mut stop: Stop,
) -> Result<(), Over> {
    let place = reader.place(&name).await.map_err(|Later(why)| Over(why))?;
    let cursor = place.map(|at| format!("&cursor={}", at.saturating_sub(OVERLAP))).unwrap_or_default();
    let path = format!("/subscribe?requireHello=true{cursor}");
    let address = address(&url, &path).ok_or_else(|| Over("no address".into()))?;
    let mut socket = Socket::open(reader.hub.fetcher(), &address, LARGEST).await?;
    socket.send(choice(&dids)).await?;
    let worker = reader.clone();
    let crew = Crew::new(place.unwrap_or(0), move |job: Job| {
        let reader = worker.clone();
        async move { work(&reader, job).await }
    });
    let single = dids.len() < MOST_DIDS;
    let (mut noted, mut looked) = ((place.unwrap_or(0), Instant::now()), Instant::now());
    let end = loop {
        let message = tokio::select! {
            message = socket.next() => Some(message),
            () = tokio::time::sleep_until(noted.1 + NOTE) => None,
            () = stopped(&mut stop) => break Ok(()),
        };
        match message {
            Some(Ok(bytes)) if hear(&crew, &bytes).await => {}
            Some(Ok(_)) => break Err(Over("work has stopped".into())),
            Some(Err(over)) => break Err(over),
            None => {}
        }
        if noted.1.elapsed() > NOTE {
            noted.1 = Instant::now();
            let done = crew.done();
            if done > noted.0 {
                reader.note_place(&name, done).await;
                noted.0 = done;
            }
        }
        if looked.elapsed() > LOOK {
            looked = Instant::now();
            let now = wanted(&reader);
            if single && now != dids && !now.is_empty() && now.len() < MOST_DIDS {
                dids = now;
                socket.send(choice(&dids)).await?;
            } else if single && now != dids {
                break Ok(());
            }
        }
    };
    let done = crew.done();
    if done > noted.0 {
        reader.note_place(&name, done).await;
    }
    end
}

fn choice(dids: &[String]) -> Message {
    let payload = json!({ "wantedCollections": COLLECTIONS, "wantedDids": dids, "maxMessageSizeBytes": 0 });
    Message::text(json!({ "type": "options_update", "payload": payload }).to_string())
}

/// `false`: the crew is broken.
async fn hear(crew: &Crew<Job>, message: &[u8]) -> bool {
    let Ok(told) = serde_json::from_slice::<Told>(message) else { return true };
    let job = job(&told);
    match job {
        Some(job) => crew.give(&told.did, told.time_us, job).await,
        None => {
            crew.pass(told.time_us);
            true
        }
    }
}

fn job(told: &Told) -> Option<Job> {
    let did = Did::parse(&told.did).ok().filter(|did| did.method().is_some())?;
    match told.kind.as_str() {
        "commit" => {
            let commit = told.commit.as_ref()?;
            let uri = format!("at://{did}/{}/{}", commit.collection, commit.rkey);
            let place = Place::parse(&uri).filter(|place| records::is_read(&place.collection))?;
            Some(Job::Changed(place, Tid::parse(&commit.rev).ok()?))
        }
        "account" => Some(Job::Account(did)),
        "identity" => Some(Job::Identity(did)),
        _ => None,
    }
}

async fn work(reader: &Reader, job: Job) {
    for wait in [1, 3, 10] {
        match take(reader, &job).await {
            Ok(()) => return,
            Err(Later(why)) => tracing::debug!(why, "has to wait"),
        }
        tokio::time::sleep(Duration::from_secs(wait)).await;
    }
    let (did, rev) = match &job {
        // Whatever was written since just before it.
        Job::Changed(place, rev) => (&place.did, Tid::new(rev.micros().saturating_sub(1), 0).to_string()),
        Job::Account(did) | Job::Identity(did) => (did, String::new()),
    };
    while let Err(Later(why)) = reader.note_missed(did.as_str(), &rev).await {
        tracing::warn!(why, "what arrives can neither be taken in nor noted");
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

async fn take(reader: &Reader, job: &Job) -> Result<(), Later> {
    match job {
        Job::Changed(place, told) => {
            let everything = reader.interest.people().is_followed(&place.did);
            let Some(proof) = reader.at.prove(place).await? else { return Ok(()) };
            if proof.rev < *told {
                return Err(Later(format!("the server of {} does not have it yet", place.did)));
            }
            let record = proof
                .found
                .map(|found| Block { cid: found.record.cid(), bytes: found.record.bytes().clone() });
            let change = [Changed { place: place.clone(), record }];
            records::take(reader, &place.did, *told, &change, everything).await
        }
        Job::Account(did) => accounts::check(reader, did).await,
        Job::Identity(did) => accounts::identity(reader, did).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told() {
        let job_of = |json: &str| serde_json::from_str::<Told>(json).ok().and_then(|told| job(&told));
        let did = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
        let commit = |collection: &str, rkey: &str| {
            format!(
                r#"{{"did":"{did}","time_us":5,"kind":"commit","commit":{{"rev":"3kabcdefghi2k","operation":"create","collection":"{collection}","rkey":"{rkey}","record":{{}}}}}}"#
            )
        };
        assert!(matches!(job_of(&commit(POST, "3k")), Some(Job::Changed(place, _)) if place.rkey == "3k"));
        assert!(job_of(&commit("app.bsky.feed.generator", "x")).is_none());
        assert!(job_of(&commit(POST, "../x")).is_none());
        assert!(matches!(
            job_of(&format!(r#"{{"did":"{did}","time_us":5,"kind":"account"}}"#)),
            Some(Job::Account(_))
        ));
        assert!(job_of(r#"{"did":"did:example:x","time_us":5,"kind":"identity"}"#).is_none());
    }
}
