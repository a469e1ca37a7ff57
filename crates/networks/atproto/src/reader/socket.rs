//! A WebSocket to a source.

use futures_util::{SinkExt, StreamExt};
use landbridge_fetch::{Fetcher, Stream};
use std::time::Duration;
use tokio::time::{Instant, Interval, interval_at};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Bytes, Message, protocol::WebSocketConfig},
};
use url::Url;

const PING: Duration = Duration::from_secs(30);
/// Without any sign for this long, the other side is gone.
const SILENCE: Duration = Duration::from_secs(100);

pub struct Socket {
    stream: WebSocketStream<Box<dyn Stream>>,
    heard: Instant,
    ping: Interval,
}

/// Why a connection was not made or has ended.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Over(pub String);

impl Socket {
    /// `largest`: bytes of a message.
    pub async fn open(fetcher: &Fetcher, url: &Url, largest: usize) -> Result<Socket, Over> {
        let stream = fetcher.connect(url).await.map_err(|error| Over(error.to_string()))?;
        let config = WebSocketConfig::default().max_message_size(Some(largest)).max_frame_size(Some(largest));
        let shake = tokio_tungstenite::client_async_with_config(url.as_str(), stream, Some(config));
        let (stream, _) = tokio::time::timeout(fetcher.policy().timeout, shake)
            .await
            .map_err(|_| Over("timed out".into()))?
            .map_err(|error| Over(error.to_string()))?;
        let now = Instant::now();
        Ok(Socket { stream, heard: now, ping: interval_at(now + PING, PING) })
    }

    /// The next message, binary or text. Safe to be cancelled.
    pub async fn next(&mut self) -> Result<Bytes, Over> {
        loop {
            tokio::select! {
                message = self.stream.next() => {
                    self.heard = Instant::now();
                    match message {
                        Some(Ok(Message::Binary(bytes))) => return Ok(bytes),
                        Some(Ok(Message::Text(text))) => return Ok(text.into()),
                        Some(Ok(Message::Close(why))) => {
                            return Err(Over(why.map_or_else(|| "closed".into(), |why| why.reason.to_string())));
                        }
                        Some(Ok(_)) => {}
                        Some(Err(error)) => return Err(Over(error.to_string())),
                        None => return Err(Over("closed".into())),
                    }
                }
                _ = self.ping.tick() => {
                    if self.heard.elapsed() > SILENCE {
                        return Err(Over("silent".into()));
                    }
                    self.send(Message::Ping(Bytes::new())).await?;
                }
            }
        }
    }

    pub async fn send(&mut self, message: Message) -> Result<(), Over> {
        match tokio::time::timeout(SILENCE, self.stream.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Over(error.to_string())),
            Err(_) => Err(Over("silent".into())),
        }
    }
}

/// The address of a WebSocket method of a server.
pub fn address(server: &Url, path: &str) -> Option<Url> {
    let scheme = match server.scheme() {
        "http" | "ws" => "ws",
        _ => "wss",
    };
    let port = server.port().map(|port| format!(":{port}")).unwrap_or_default();
    Url::parse(&format!("{scheme}://{}{port}{path}", server.host_str()?)).ok()
}
