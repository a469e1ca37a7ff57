//! `GET /api/v1/streaming` over WebSocket: docs/methods/streaming#websocket
//!
//! One connection, any number of streams: named in the query, or later by `{"type":"subscribe","stream":"user"}`. A name
//! that is no stream is answered with an error and the connection stays.

use super::{Channel, allowed, channel::NoChannel, feed::said, grant};
use crate::{door::Door, error::ApiError, params::Params};
use axum::{
    extract::{
        FromRequestParts, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
};
use http::{StatusCode, Uri, request::Parts};
use landbridge_hub::{Event, EventKind, accounts::Grant};
use landbridge_model::Id;
use serde::Deserialize;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{MissedTickBehavior, interval},
};

/// Streams of one connection.
const MOST_CHANNELS: usize = 40;
/// Bytes of what an app sends.
const MOST_BYTES: usize = 16 << 10;
/// Silence is broken, so that proxies keep the connection, and the grant is looked at again.
const PING_EVERY: Duration = Duration::from_secs(30);

pub(super) async fn get(
    State(door): State<Door>,
    uri: Uri,
    mut parts: RequestParts,
) -> Result<Response, ApiError> {
    let (token, grant) = grant(&door, &parts.0.headers, uri.query()).await?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts.0, &door).await.map_err(|_| {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "This address is for WebSocket; see /api/v1/streaming/user for event streams",
        )
    })?;
    // A token that came as the subprotocol has to be answered with it.
    let answer = super::subprotocol(&parts.0.headers);
    let upgrade = upgrade.max_message_size(MOST_BYTES).max_frame_size(MOST_BYTES).protocols(answer);
    let params = Params::query(&uri);
    Ok(upgrade.on_upgrade(async move |socket| {
        let Some(member) = grant.member else { return };
        Connection { door, socket, token, grant, member, channels: Vec::new() }.run(&params).await;
    }))
}

/// The request without its body.
pub(super) struct RequestParts(Parts);

impl FromRequestParts<Door> for RequestParts {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Door) -> Result<RequestParts, ApiError> {
        // The upgrade lies in the extensions and can be taken only once.
        let mut copy = http::Request::new(()).into_parts().0;
        copy.method = parts.method.clone();
        copy.uri = parts.uri.clone();
        copy.version = parts.version;
        copy.headers = parts.headers.clone();
        copy.extensions = std::mem::take(&mut parts.extensions);
        Ok(RequestParts(copy))
    }
}

struct Connection {
    door: Door,
    socket: WebSocket,
    token: String,
    grant: Arc<Grant>,
    member: Id,
    channels: Vec<Channel>,
}

/// docs/methods/streaming#subscribe
#[derive(Deserialize)]
struct Wish {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    stream: String,
    #[serde(default)]
    tag: Option<String>,
}

/// Whether a message names a stream.
pub(crate) fn named(text: &str) -> Option<bool> {
    let wish: Wish = serde_json::from_str(text).ok()?;
    let channel = Channel::named(&wish.stream, wish.tag.as_deref(), false);
    Some(channel.is_ok_and(|channel| !channel.frame_name().is_empty()))
}

/// The other side is gone, or must go.
struct Over;

impl Connection {
    async fn run(mut self, params: &Params) {
        // Listening begins before the first stream is named: nothing is missed in between.
        let mut events = self.door.hub.bus().listen();
        if let Some(name) = params.filled("stream")
            && self.subscribe(name, params.text("tag")).await.is_err()
        {
            return;
        }
        let mut ticks = interval(PING_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            let done = tokio::select! {
                event = events.recv() => match event {
                    Ok(event) => self.happened(&event).await,
                    // A slow reader reads the timeline for what it missed.
                    Err(RecvError::Lagged(_)) => Ok(()),
                    Err(RecvError::Closed) => Err(Over),
                },
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => self.wished(&text).await,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Over),
                    Some(Ok(_)) => Ok(()),
                },
                _ = ticks.tick() => self.still_good().await,
            };
            if done.is_err() {
                break;
            }
        }
        let _ = self.socket.send(Message::Close(None)).await;
    }

    async fn happened(&mut self, event: &Event) -> Result<(), Over> {
        if matches!(event.kind, EventKind::Member(id) if id == self.member) {
            return self.still_good().await;
        }
        let Some(said) = said(&self.door, &self.grant, &self.channels, event).await else { return Ok(()) };
        for place in said.channels {
            let Some(channel) = self.channels.get(place) else { continue };
            let frame =
                json!({ "stream": channel.frame_name(), "event": said.event, "payload": said.payload });
            self.send(frame.to_string()).await?;
        }
        Ok(())
    }

    async fn wished(&mut self, text: &str) -> Result<(), Over> {
        let Ok(wish) = serde_json::from_str::<Wish>(text) else {
            return self.refuse("Invalid message: not JSON of the form {\"type\", \"stream\"}").await;
        };
        match wish.kind.as_str() {
            "subscribe" => self.subscribe(&wish.stream, wish.tag.as_deref()).await,
            "unsubscribe" => {
                if let Ok(channel) = Channel::named(&wish.stream, wish.tag.as_deref(), false) {
                    self.channels.retain(|c| *c != channel);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn subscribe(&mut self, name: &str, tag: Option<&str>) -> Result<(), Over> {
        match Channel::named(name, tag, false) {
            Err(NoChannel::Unknown) => self.refuse("Unknown stream type").await,
            Err(NoChannel::NoTag) => self.refuse("Missing tag name parameter").await,
            Ok(channel) if !allowed(&self.grant, &channel) => {
                self.refuse("Access token does not have the required scopes").await
            }
            Ok(channel) if self.channels.contains(&channel) => Ok(()),
            Ok(_) if self.channels.len() >= MOST_CHANNELS => self.refuse("Too many streams").await,
            Ok(channel) => {
                self.channels.push(channel);
                Ok(())
            }
        }
    }

    /// Says why; the connection stays: apps try names that other servers have.
    async fn refuse(&mut self, why: &str) -> Result<(), Over> {
        self.send(json!({ "error": why, "status": 400 }).to_string()).await
    }

    /// Ends the connection when its token has ended.
    async fn still_good(&mut self) -> Result<(), Over> {
        self.door.grant_of(self.token.clone()).await.map_err(|_| Over)?;
        self.socket.send(Message::Ping(Default::default())).await.map_err(|_| Over)
    }

    async fn send(&mut self, text: String) -> Result<(), Over> {
        self.socket.send(Message::Text(text.into())).await.map_err(|_| Over)
    }
}
