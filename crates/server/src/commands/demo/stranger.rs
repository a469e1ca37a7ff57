//! Somebody with no account here: a Nostr key of her own and one connection to a relay, nothing else.

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use nostr::prelude::{Event, EventBuilder, FinalizeEvent, Keys, Kind, Tag};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use url::Url;

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Stranger {
    keys: Keys,
    relay: WebSocketStream<TcpStream>,
    /// What the relay has sent and nobody has asked for yet.
    seen: Vec<Value>,
}

impl Stranger {
    /// Makes a key and connects to the relay of the server at `origin`.
    pub async fn at(origin: &str) -> anyhow::Result<Self> {
        let url = Url::parse(&origin.replacen("http", "ws", 1))?.join("/relay")?;
        let port = url.port_or_known_default().context("the relay has no port")?;
        let socket = TcpStream::connect(("127.0.0.1", port)).await?;
        let (relay, _) = tokio_tungstenite::client_async(url.as_str(), socket).await?;
        Ok(Self { keys: Keys::generate(), relay, seen: Vec::new() })
    }

    pub fn key(&self) -> String {
        self.keys.public_key().to_hex()
    }

    /// Follows somebody in her own way, and listens to what is addressed to her.
    pub async fn listen_to(&mut self, key: &str) -> anyhow::Result<()> {
        let request = json!(["REQ", "demo", { "authors": [key] }, { "#p": [self.key()] }]);
        self.say(&request).await
    }

    /// Signs an event with her own key and hands it to the relay, which must take it.
    pub async fn publish(&mut self, kind: u16, content: &str, tags: &[&[&str]]) -> anyhow::Result<()> {
        let tags = tags.iter().map(|tag| Tag::parse(tag.iter().copied())).collect::<Result<Vec<_>, _>>()?;
        let event: Event = EventBuilder::new(Kind::from(kind), content).tags(tags).finalize(&self.keys)?;
        let event = serde_json::to_value(&event)?;
        self.say(&json!(["EVENT", event])).await?;
        let answer = self.until(|frame| frame[0] == "OK" && frame[1] == event["id"]).await?;
        if answer[2] != true {
            bail!("the relay refused: {}", answer[3]);
        }
        Ok(())
    }

    /// Waits for an event with these words; gives it.
    pub async fn hears(&mut self, words: &str) -> anyhow::Result<Value> {
        let fits = |frame: &Value| {
            frame[0] == "EVENT" && frame[2]["content"].as_str().is_some_and(|text| text.contains(words))
        };
        let mut frame = self.until(fits).await.with_context(|| format!("waiting for {words:?}"))?;
        Ok(frame[2].take())
    }

    async fn say(&mut self, frame: &Value) -> anyhow::Result<()> {
        Ok(self.relay.send(Message::text(frame.to_string())).await?)
    }

    async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        if let Some(place) = self.seen.iter().position(&fits) {
            return Ok(self.seen.remove(place));
        }
        loop {
            let next = tokio::time::timeout(PATIENCE, self.relay.next()).await.context("nothing came")?;
            let Message::Text(text) = next.context("the relay hung up")?? else { continue };
            let frame: Value = serde_json::from_str(&text)?;
            if fits(&frame) {
                return Ok(frame);
            }
            self.seen.push(frame);
        }
    }
}
