//! `subscribeRepos`: the stream of members' repositories (<https://atproto.com/specs/event-stream>). Every subscriber reads
//! the table of events at its own pace, so that one who is slow costs nobody anything, and none misses an event.

use crate::{
    firehose::{Frame, Info, StreamError, Unnumbered},
    network::AtProto,
    pds::input::Params,
};
use axum::{
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use futures_util::{SinkExt, StreamExt, stream::SplitSink};
use landbridge_hub::HubError;
use landbridge_store::entities::atproto_events;
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// Events read at once.
const BATCH: i64 = 200;
/// Who takes nothing for so long is too slow.
const STALLED: Duration = Duration::from_secs(60);
const PING: Duration = Duration::from_secs(30);
/// Longest wait before looking again: another process may have written.
const LOOK: Duration = Duration::from_secs(2);
/// Subscribers say nothing but pongs.
const MOST_HEARD: usize = 4096;

#[derive(Deserialize)]
pub struct Asked {
    cursor: Option<String>,
}

pub async fn subscribe(
    State(at): State<Arc<AtProto>>,
    Params(asked): Params<Asked>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let cursor = asked.cursor.map(|cursor| cursor.parse::<i64>().unwrap_or(i64::MAX));
    upgrade.max_message_size(MOST_HEARD).on_upgrade(move |socket| async move {
        metrics::gauge!("atproto_subscribers").increment(1.0);
        if let Err(error) = serve(&at, socket, cursor).await {
            tracing::debug!(%error, "a subscriber of repositories was let go");
        }
        metrics::gauge!("atproto_subscribers").decrement(1.0);
    })
}

type Sink = SplitSink<WebSocket, Message>;

/// Why a subscriber is let go.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("it went away")]
    Gone,
    #[error("it is too slow")]
    Slow,
    #[error(transparent)]
    Hub(#[from] HubError),
}

async fn serve(at: &AtProto, socket: WebSocket, cursor: Option<i64>) -> Result<(), Ended> {
    let (mut sink, mut heard) = socket.split();
    let mut news = at.news.subscribe();
    let mut place = match begin(at, &mut sink, cursor).await? {
        Some(place) => place,
        None => return Ok(()),
    };
    let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING, PING);
    loop {
        news.borrow_and_update();
        let sent = hand_on(at, &mut sink, &mut place).await;
        if let Err(Ended::Slow) = sent {
            let error = StreamError { error: "ConsumerTooSlow".into(), message: None };
            let _ = timeout(PING, sink.send(Message::Binary(Frame::Error(error).encode().into()))).await;
        }
        if sent? {
            continue;
        }
        tokio::select! {
            changed = news.changed() => changed.map_err(|_| Ended::Gone)?,
            () = tokio::time::sleep(LOOK) => {}
            _ = ping.tick() => send(&mut sink, Message::Ping(Vec::new().into())).await?,
            message = heard.next() => match message {
                Some(Ok(Message::Close(_))) | Some(Err(_)) | None => return Err(Ended::Gone),
                Some(Ok(_)) => {}
            },
        }
    }
}

/// Where the subscriber begins: behind this number. `None`: it asked for what is not there.
async fn begin(at: &AtProto, sink: &mut Sink, cursor: Option<i64>) -> Result<Option<i64>, Ended> {
    let last = number(at, atproto_events::last()).await?.unwrap_or(0);
    let Some(cursor) = cursor else { return Ok(Some(last)) };
    if cursor > last {
        let message = Some("Cursor in the future.".to_owned());
        let error = StreamError { error: "FutureCursor".into(), message };
        send(sink, Message::Binary(Frame::Error(error).encode().into())).await?;
        let _ = sink.close().await;
        return Ok(None);
    }
    let first = number(at, atproto_events::first()).await?;
    if cursor > 0 && first.map_or(cursor < last, |first| cursor + 1 < first) {
        let message = Some("Requested cursor exceeded limit. Possibly missing events".to_owned());
        let info = Info { name: "OutdatedCursor".into(), message };
        send(sink, Message::Binary(Frame::Info(info).encode().into())).await?;
    }
    Ok(Some(cursor.max(0)))
}

async fn number(at: &AtProto, query: landbridge_store::Query) -> Result<Option<i64>, Ended> {
    let row = at.hub.store().row(query).await.map_err(HubError::from)?;
    Ok(row.map(|mut row| row.get::<Option<i64>>(0)).transpose().map_err(HubError::from)?.flatten())
}

/// Sends one batch; whether there may be more.
async fn hand_on(at: &AtProto, sink: &mut Sink, place: &mut i64) -> Result<bool, Ended> {
    let rows = at.hub.store().rows(atproto_events::after(*place, BATCH)).await.map_err(HubError::from)?;
    let more = rows.len() as i64 == BATCH;
    for mut row in rows {
        let read = |error| Ended::Hub(HubError::from(error));
        let seq: i64 = row.get(0).map_err(read)?;
        let (before, after) = (row.get(1).map_err(read)?, row.get(2).map_err(read)?);
        let frame = Unnumbered { before, after }.number(u64::try_from(seq).unwrap_or_default());
        timeout(STALLED, sink.feed(Message::Binary(frame.into())))
            .await
            .map_err(|_| Ended::Slow)?
            .map_err(|_| Ended::Gone)?;
        *place = seq;
    }
    timeout(STALLED, sink.flush()).await.map_err(|_| Ended::Slow)?.map_err(|_| Ended::Gone)?;
    Ok(more)
}

async fn send(sink: &mut Sink, message: Message) -> Result<(), Ended> {
    timeout(STALLED, sink.send(message)).await.map_err(|_| Ended::Slow)?.map_err(|_| Ended::Gone)
}
