//! Reading other people's repositories for members: streams of commits from relays and servers ([`stream`]), each commit
//! checked against the one before ([`commits`]); what was missed is asked of the server that has it ([`behind`]). Lighter
//! sources, of which each record is proved by its author's server: Jetstream ([`jetstream`]), and an AppView's
//! notifications ([`notices`]).

mod accounts;
mod backoff;
mod behind;
mod commits;
mod crew;
mod interest;
mod jetstream;
mod notices;
mod records;
mod socket;
mod stream;

pub(crate) use backoff::Backoff;
pub use notices::nothing_before;
pub(crate) use socket::{Over, Socket, address};

use crate::network::AtProto;
pub use interest::{People, Why};

use interest::Interest;
use landbridge_hub::{EventKind, Hub, HubError, Incoming, Refused, Stop};
use landbridge_model::Time;
use landbridge_store::entities::{atproto_reader, atproto_repos, cursors};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, broadcast::error::RecvError};

/// How often it is looked at whom members follow; a change of theirs makes it sooner.
const LOOK: Duration = Duration::from_secs(60);
/// Changes that come together are looked at together.
const GATHER: Duration = Duration::from_millis(300);
/// How often it is looked whether there is a new member.
const GLANCE: Duration = Duration::from_secs(1);

/// What all sources share.
pub(crate) struct Reader {
    at: Arc<AtProto>,
    hub: Hub,
    interest: Interest,
    /// Rung when something was missed.
    missed: Notify,
}

/// Not now: the same again in a while.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Later(String);

impl From<HubError> for Later {
    fn from(error: HubError) -> Later {
        Later(error.to_string())
    }
}

pub(crate) async fn run(at: Arc<AtProto>, hub: Hub, mut stop: Stop) {
    let options = &at.options;
    let reader =
        Arc::new(Reader { at: at.clone(), hub, interest: Interest::default(), missed: Notify::new() });
    // Before anything is read it must be known whom it concerns.
    while let Err(error) = reader.interest.refresh(&reader).await {
        tracing::warn!(%error, "whom members follow could not be read");
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
            () = stopped(&mut stop) => return,
        }
    }
    let mut tasks = tokio::task::JoinSet::new();
    for url in &options.streams {
        tasks.spawn(stream::run(reader.clone(), url.clone(), stop.clone()));
    }
    for url in &options.jetstreams {
        tasks.spawn(jetstream::run(reader.clone(), url.clone(), stop.clone()));
    }
    if options.streams.is_empty() && options.appview.is_some() {
        tasks.spawn(notices::run(reader.clone(), stop.clone()));
    }
    tasks.spawn(behind::run(reader.clone(), stop.clone()));
    tasks.spawn(keep_fresh(reader, stop.clone()));
    stopped(&mut stop).await;
    // They stop by themselves, noting where they stand.
    let all = async { while tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(Duration::from_secs(5), all).await;
}

/// Until the server stops.
async fn stopped(stop: &mut Stop) {
    // Nobody who could say so is left: then too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Returns when there is a member of whom the bus says nothing: made by another process, such as the command line.
async fn made_elsewhere(reader: &Reader, newest: &mut Option<i64>) {
    loop {
        tokio::time::sleep(GLANCE).await;
        let row = reader.hub.store().row(atproto_repos::newest()).await.ok().flatten();
        let now = row.and_then(|mut row| row.get::<Option<i64>>(0).ok().flatten());
        if now != *newest {
            *newest = now;
            return;
        }
    }
}

/// Looks again whom members follow when that may have changed.
async fn keep_fresh(reader: Arc<Reader>, mut stop: Stop) {
    let mut bus = reader.hub.bus().listen();
    let mut newest = None;
    while !*stop.borrow() {
        let changed = async {
            loop {
                match bus.recv().await {
                    Ok(event) if matches!(event.kind, EventKind::Member(_)) => break,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => std::future::pending::<()>().await,
                }
            }
            tokio::time::sleep(GATHER).await;
        };
        tokio::select! {
            () = changed => {}
            () = made_elsewhere(&reader, &mut newest) => {}
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => continue,
        }
        if let Err(error) = reader.interest.refresh(&reader).await {
            tracing::warn!(%error, "whom members follow could not be read");
        }
    }
}

impl Reader {
    /// Hands it to the hub. What the hub refuses by a rule is done with.
    async fn receive(&self, incoming: Incoming) -> Result<(), Later> {
        let (actor, id) = (incoming.actor.clone(), incoming.id.clone());
        match self.hub.receive(incoming).await {
            Ok(received) => {
                tracing::debug!(%actor, id, ?received, "taken in");
                Ok(())
            }
            Err(Refused::Rule(why)) => {
                tracing::debug!(%actor, id, why, "refused");
                metrics::counter!("atproto_records_refused_by_hub", "why" => why).increment(1);
                Ok(())
            }
            Err(Refused::Later(why)) => Err(Later(why)),
        }
    }

    /// Whether the operator wants nothing of a server or relay.
    async fn is_blocked(&self, url: &url::Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        matches!(self.hub.domain_rule(host).await, Ok(Some(landbridge_hub::moderation::Rule::Block)))
    }

    /// Notes that something of a repository after `rev` was missed.
    async fn note_missed(&self, did: &str, rev: &str) -> Result<(), Later> {
        let change = atproto_reader::missed(did, rev, Time::now());
        self.hub.store().write(change).await.map_err(|error| Later(error.to_string()))?;
        self.missed.notify_one();
        Ok(())
    }

    /// Where we stand with a source; `None`: never read.
    async fn place(&self, name: &str) -> Result<Option<u64>, Later> {
        let row = self.hub.store().row(cursors::one(name)).await.map_err(|error| Later(error.to_string()))?;
        Ok(row.and_then(|mut row| row.get::<String>(0).ok()?.parse().ok()))
    }

    /// Everything up to there was taken in, or noted as missed.
    async fn note_place(&self, name: &str, place: u64) {
        let change = cursors::put(name, &place.to_string(), Time::now());
        if let Err(error) = self.hub.store().write(change).await {
            tracing::warn!(%error, "where a stream was read to could not be noted");
        }
    }
}
