//! `GET /relay`: the WebSocket of the relay (NIP-01), or its information document (NIP-11).

use super::{
    Relay,
    ingest::Submission,
    listener::Listener,
    live::Subscription,
    session::{Action, Session},
};
use crate::wire::{ClientFrame, Filter, Reason, frames};
use axum::{
    Router,
    extract::{
        State,
        ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use landbridge_model::Time;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc};

/// Requests of one connection that are answered at once.
const REQUESTS_AT_ONCE: usize = 4;
/// Who reads nothing of an answer for this long must go: the answer is held in memory.
const STALLED: Duration = Duration::from_secs(20);
const PING: Duration = Duration::from_secs(30);
/// Without any frame, pongs included, for this long the client is gone.
const SILENCE: Duration = Duration::from_secs(100);

/// The route of a relay that is running.
pub fn router(relay: Relay) -> Router {
    Router::new().route("/relay", get(open).options(preflight)).with_state(relay)
}

pub async fn open(
    State(relay): State<Relay>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Ok(upgrade) = upgrade {
        if relay.0.connections.load(Ordering::Relaxed) >= relay.0.limits.connections {
            return (StatusCode::SERVICE_UNAVAILABLE, "too many connections").into_response();
        }
        let most = relay.0.limits.message;
        return upgrade
            .max_message_size(most)
            .max_frame_size(most)
            .on_upgrade(move |socket| serve(relay, socket));
    }
    let accepts = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let cors = cors();
    if accepts.contains("application/nostr+json") {
        let content_type = [(header::CONTENT_TYPE, "application/nostr+json")];
        return (cors, content_type, relay.0.information().await.to_string()).into_response();
    }
    (cors, "This is a Nostr relay. Please use a Nostr app to connect to it.\n").into_response()
}

pub async fn preflight() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, cors())
}

fn cors() -> [(header::HeaderName, &'static str); 4] {
    [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, OPTIONS"),
        (header::VARY, "Accept, Upgrade"),
    ]
}

/// Counts an open connection.
struct Counted(Relay);

impl Drop for Counted {
    fn drop(&mut self) {
        let open = self.0.0.connections.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("nostr_relay_connections").set(open.saturating_sub(1) as f64);
    }
}

async fn serve(relay: Relay, socket: WebSocket) {
    let open = relay.0.connections.fetch_add(1, Ordering::Relaxed) + 1;
    metrics::gauge!("nostr_relay_connections").set(open as f64);
    let _counted = Counted(relay.clone());
    let (sink, stream) = socket.split();
    let (listener, outbox) = Listener::open();
    let writer = tokio::spawn(write(sink, listener.clone(), outbox));
    let mut connection = Connection {
        session: Session::new(
            relay.url(),
            hex::encode(crate::event::random::<16>()),
            relay.0.limits.session,
            relay.0.limits.rates.requests,
        ),
        requests: Arc::new(Semaphore::new(REQUESTS_AT_ONCE)),
        subs: Vec::new(),
        relay: relay.clone(),
        listener: listener.clone(),
    };
    tokio::select! {
        () = connection.read(stream) => {}
        () = listener.ended() => {}
    }
    for sub in &connection.subs {
        relay.0.live.unsubscribe(listener.id, sub);
    }
    writer.abort();
}

async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    listener: Arc<Listener>,
    mut outbox: mpsc::UnboundedReceiver<Utf8Bytes>,
) {
    let mut frames = Vec::with_capacity(64);
    let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING, PING);
    loop {
        tokio::select! {
            n = outbox.recv_many(&mut frames, 64) => {
                if n == 0 {
                    return;
                }
                for frame in frames.drain(..) {
                    let bytes = frame.len();
                    if sink.feed(Message::Text(frame)).await.is_err() {
                        return;
                    }
                    listener.sent(bytes);
                }
            }
            _ = ping.tick() => {
                if sink.feed(Message::Ping(Default::default())).await.is_err() {
                    return;
                }
            }
        }
        if sink.flush().await.is_err() {
            return;
        }
    }
}

struct Connection {
    session: Session,
    relay: Relay,
    listener: Arc<Listener>,
    requests: Arc<Semaphore>,
    subs: Vec<String>,
}

impl Connection {
    async fn read(&mut self, mut stream: SplitStream<WebSocket>) {
        if !self.send(self.session.greeting()).await {
            return;
        }
        loop {
            let text = match tokio::time::timeout(SILENCE, stream.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => text,
                Ok(Some(Ok(Message::Binary(_)))) => {
                    if !self.send(frames::notice("invalid: text frames only")).await {
                        return;
                    }
                    continue;
                }
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => continue,
                _ => return,
            };
            let frame = ClientFrame::parse(&text, &self.relay.0.limits.frame);
            let action = self.session.on_frame(frame, Time::now().secs());
            if !self.act(action).await {
                return;
            }
        }
    }

    /// `false`: the connection is over.
    async fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Send(frame) => self.send(frame).await,
            Action::Ingest(json) => {
                // A full line makes the client wait, not us.
                let size = json.len().min(super::INGEST_ROOM) as u32;
                let Ok(room) = self.relay.0.ingest_room.clone().acquire_many_owned(size).await else {
                    return false;
                };
                let from = self.listener.clone();
                self.relay.0.ingest.send(Submission { json, from, _room: room }).await.is_ok()
            }
            Action::Authenticated { key, event } => {
                self.listener.authenticate(key);
                self.send(frames::ok(&event, true, "")).await
            }
            Action::Unsubscribe(sub) => {
                self.unsubscribe(&sub);
                true
            }
            Action::Refuse { sub, frame } => {
                self.unsubscribe(&sub);
                self.send(frame).await
            }
            Action::Subscribe { sub, filters } => {
                if !self.subs.contains(&sub) {
                    self.subs.push(sub.clone());
                }
                let Ok(permit) = self.requests.clone().acquire_owned().await else { return false };
                let subscription = Subscription::new(&self.listener, &sub);
                // It waits until its answer is told; what is published meanwhile is not lost.
                self.relay.0.live.subscribe(&subscription, filters.clone());
                let (relay, listener) = (self.relay.clone(), self.listener.clone());
                tokio::spawn(async move {
                    answer_request(&relay, &listener, &subscription, &sub, &filters).await;
                    drop(permit);
                });
                true
            }
            Action::Count { sub, filters } => {
                let answer = match self.relay.0.count(&filters, &self.listener.readers()).await {
                    Ok(count) => frames::count(&sub, count.number, count.approximate),
                    Err(_) => frames::closed(&sub, Reason::Error, "the store is away"),
                };
                self.send(answer).await
            }
        }
    }

    fn unsubscribe(&mut self, sub: &str) {
        self.subs.retain(|s| s != sub);
        self.relay.0.live.unsubscribe(self.listener.id, sub);
    }

    async fn send(&self, frame: String) -> bool {
        self.listener.send_patiently(frame).await
    }
}

/// What is stored, `EOSE`, and from then on what is new. Ends early when the client closes or replaces its subscription.
async fn answer_request(
    relay: &Relay,
    listener: &Listener,
    subscription: &Subscription,
    sub: &str,
    filters: &[Filter],
) {
    let Ok(_place) = relay.0.answers.acquire().await else { return };
    match relay.0.stored(filters, &listener.readers()).await {
        Ok(stored) => {
            for event in stored.events {
                let sent = tokio::time::timeout(STALLED, listener.send_patiently(frames::event(sub, &event)));
                match sent.await {
                    Ok(true) if !subscription.is_over() => {}
                    Ok(_) => return,
                    Err(_) => return listener.must_end(),
                }
            }
            if !subscription.is_over() && listener.send_patiently(frames::eose(sub)).await {
                subscription.go_live(stored.turn);
            }
        }
        Err(error) => {
            tracing::error!(%error, "the relay cannot read its store");
            if !subscription.is_over() {
                relay.0.live.unsubscribe(listener.id, sub);
                listener.send_patiently(frames::closed(sub, Reason::Error, "the store is away")).await;
            }
        }
    }
}
