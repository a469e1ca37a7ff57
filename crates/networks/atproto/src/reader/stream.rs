//! One stream, `com.atproto.sync.subscribeRepos` of a relay or a server: read from where we stood, in the order in which it
//! comes. Where we stand is noted only when everything before it was taken in, or noted as missed.

use super::{
    Later, Reader, accounts,
    backoff::Backoff,
    commits,
    crew::Crew,
    interest::Why,
    socket::{Over, Socket, address},
    stopped,
};
use crate::firehose::{Event, Frame, Info, MAX_FRAME, StreamError, peek};
use bytes::Bytes;
use landbridge_hub::Stop;
use landbridge_model::Time;
use landbridge_store::entities::atproto_reader;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use url::Url;

/// Where we stand is noted this often.
const NOTE: Duration = Duration::from_secs(3);
/// A stream that was read for so long works.
const STEADY: Duration = Duration::from_secs(60);
/// Tries of one job before what it is about is noted as missed, and the waits between.
const WAITS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// A frame that concerns somebody here.
struct Job {
    frame: Bytes,
    why: Why,
}

/// How a stream ended.
enum End {
    Over(Over),
    /// Our place is one that the server never gave out: it has lost its count.
    Future,
    Stopped,
}

impl From<Over> for End {
    fn from(over: Over) -> End {
        End::Over(over)
    }
}

pub async fn run(reader: Arc<Reader>, url: Url, mut stop: Stop) {
    let name = format!("atproto:{url}");
    let mut backoff = Backoff::default();
    while !*stop.borrow() {
        let begun = Instant::now();
        let ended = match reader.place(&name).await {
            Ok(_) if reader.is_blocked(&url).await => End::Over(Over("the operator has blocked it".into())),
            Ok(place) => read(&reader, &name, &url, place, &mut stop).await,
            Err(Later(why)) => End::Over(Over(why)),
        };
        if begun.elapsed() > STEADY {
            backoff.succeeded();
        }
        match ended {
            End::Stopped => return,
            End::Future => {
                tracing::warn!(%url, "a stream begins anew; what may be missing is asked for");
                if missed_all(&reader).await {
                    reader.note_place(&name, 0).await;
                }
            }
            End::Over(Over(why)) => {
                tracing::info!(%url, why, "a stream of repositories has ended; it is read again soon")
            }
        }
        tokio::select! {
            () = tokio::time::sleep(backoff.failed()) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn read(reader: &Arc<Reader>, name: &str, url: &Url, place: Option<u64>, stop: &mut Stop) -> End {
    // A place of 0 is as good as none: it would mean everything that is kept.
    let place = place.filter(|place| *place > 0);
    let path = match place {
        Some(place) => format!("/xrpc/com.atproto.sync.subscribeRepos?cursor={place}"),
        None => "/xrpc/com.atproto.sync.subscribeRepos".to_owned(),
    };
    let Some(address) = address(url, &path) else { return End::Over(Over("no address".into())) };
    // A little more than frames may have: what is longer ends the connection.
    let opened = Socket::open(reader.hub.fetcher(), &address, MAX_FRAME + 1024).await;
    let mut socket = match opened {
        Ok(socket) => socket,
        Err(over) => return End::Over(over),
    };
    if place.is_none() {
        // What was missed before the first look at this stream, others have.
        missed_all(reader).await;
    }
    tracing::info!(%url, place, "reading a stream of repositories");
    let worker = reader.clone();
    let crew = Crew::new(place.unwrap_or(0), move |job: Job| {
        let reader = worker.clone();
        async move { work(&reader, job).await }
    });
    let mut noted = (place.unwrap_or(0), Instant::now());
    let end = loop {
        let message = tokio::select! {
            message = socket.next() => message,
            () = tokio::time::sleep_until(noted.1 + NOTE) => {
                note(reader, name, &crew, &mut noted).await;
                continue;
            }
            () = stopped(stop) => break End::Stopped,
        };
        match message {
            Ok(frame) => {
                if let Err(end) = hear(reader, &crew, frame).await {
                    break end;
                }
            }
            Err(over) => break End::Over(over),
        }
        if noted.1.elapsed() > NOTE {
            note(reader, name, &crew, &mut noted).await;
        }
    };
    note(reader, name, &crew, &mut noted).await;
    end
}

async fn note(reader: &Reader, name: &str, crew: &Crew<Job>, noted: &mut (u64, Instant)) {
    noted.1 = Instant::now();
    let done = crew.done();
    if done > noted.0 {
        reader.note_place(name, done).await;
        noted.0 = done;
    }
}

async fn hear(reader: &Reader, crew: &Crew<Job>, frame: Bytes) -> Result<(), End> {
    metrics::counter!("atproto_frames_total").increment(1);
    match peek(&frame) {
        Ok(Some(seen)) => {
            let people = reader.interest.people();
            let why = people.why(&seen, &frame, |did| reader.at.people.is_known(did));
            match why {
                None => crew.pass(seen.seq),
                Some(why) => {
                    let (did, seq) = (seen.did.to_owned(), seen.seq);
                    if !crew.give(&did, seq, Job { frame, why }).await {
                        return Err(Over("work has stopped".into()).into());
                    }
                }
            }
            Ok(())
        }
        Ok(None) => about_the_stream(reader, &frame).await,
        // Nonsense is passed over; what it may have been about shows when the next commit does not follow.
        Err(error) => {
            metrics::counter!("atproto_frames_bad").increment(1);
            tracing::debug!(%error, "a frame that is none");
            Ok(())
        }
    }
}

async fn about_the_stream(reader: &Reader, frame: &Bytes) -> Result<(), End> {
    match Frame::decode(frame) {
        Ok(Frame::Info(Info { name, .. })) if name == "OutdatedCursor" => {
            tracing::info!("a stream no longer keeps all that was missed; it is asked of the repositories");
            missed_all(reader).await;
            Ok(())
        }
        Ok(Frame::Error(StreamError { error, message })) => Err(match error.as_str() {
            "FutureCursor" => End::Future,
            _ => Over(format!("{error} {}", message.unwrap_or_default())).into(),
        }),
        _ => Ok(()),
    }
}

/// Every repository that is read in order may have missed something.
async fn missed_all(reader: &Reader) -> bool {
    match reader.hub.store().write(atproto_reader::missed_all(Time::now())).await {
        Ok(_) => {
            reader.missed.notify_one();
            true
        }
        Err(error) => {
            tracing::warn!(%error, "that something was missed could not be noted");
            false
        }
    }
}

/// Takes in a frame. What cannot be taken in now is noted as missed, and asked for later; while not even that is possible,
/// it waits.
async fn work(reader: &Reader, job: Job) {
    let event = match Frame::decode(&job.frame) {
        Ok(Frame::Event(_, event)) => event,
        Ok(_) => return,
        Err(error) => {
            metrics::counter!("atproto_frames_bad").increment(1);
            return tracing::debug!(%error, "a frame that is none");
        }
    };
    for wait in WAITS {
        match take(reader, &event, job.why).await {
            Ok(()) => return,
            Err(Later(why)) => tracing::debug!(did = %event.did(), why, "has to wait"),
        }
        tokio::time::sleep(wait).await;
    }
    let since = match &event {
        Event::Commit(commit) => commit.since.map(|since| since.to_string()).unwrap_or_default(),
        _ => String::new(),
    };
    while let Err(Later(why)) = reader.note_missed(event.did().as_str(), &since).await {
        tracing::warn!(why, "what arrives can neither be taken in nor noted");
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

async fn take(reader: &Reader, event: &Event, why: Why) -> Result<(), Later> {
    match event {
        Event::Commit(commit) => commits::take(reader, commit, why).await,
        Event::Sync(sync) => commits::take_sync(reader, sync).await,
        Event::Identity(identity) => accounts::identity(reader, &identity.did).await,
        Event::Account(account) => accounts::account(reader, account).await,
    }
}
