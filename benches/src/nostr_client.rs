//! A relay's client, without anything that could slow it down.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use nostr::prelude::*;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub async fn connect(relay: &str) -> Result<Client> {
        let (socket, _) = connect_async(relay).await.with_context(|| format!("{relay} does not answer"))?;
        Ok(Client { socket })
    }

    pub async fn send(&mut self, frame: String) -> Result<()> {
        Ok(self.socket.feed(Message::text(frame)).await?)
    }

    pub async fn flush(&mut self) -> Result<()> {
        Ok(self.socket.flush().await?)
    }

    /// The next frame with one of these names.
    pub async fn next(&mut self, names: &[&str]) -> Result<Value> {
        loop {
            let message = self.socket.next().await.context("the relay hung up")??;
            let Ok(text) = message.to_text() else { continue };
            let frame: Value = serde_json::from_str(text).unwrap_or_default();
            if frame[0].as_str().is_some_and(|name| names.contains(&name)) {
                return Ok(frame);
            }
        }
    }
}

/// Signed notes by several keys that all name one person, made ahead of time.
pub fn notes(count: usize, keys: &[Keys], named: Option<&str>) -> Result<Vec<Event>> {
    let named = named.map(|hex| Tag::parse(["p", hex])).transpose()?;
    let now = Timestamp::now();
    (0..count)
        .map(|n| {
            let key = keys.get(n % keys.len().max(1)).context("no key")?;
            let text = format!("Note {n}: the quick brown fox jumps over the lazy dog.");
            let builder = EventBuilder::new(Kind::TextNote, text).tags(named.clone()).custom_created_at(now);
            Ok(builder.finalize(key)?)
        })
        .collect()
}

pub fn event_frame(event: &Event) -> String {
    format!("[\"EVENT\",{}]", event.as_json())
}
