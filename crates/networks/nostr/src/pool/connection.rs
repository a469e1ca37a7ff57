//! One relay's connection: a task that answers commands and routes frames.

use super::{Answer, PoolError, Told};
use crate::{
    event::{Hex32, Keys, Template, kind},
    wire::{Filter, ServerFrame, req},
};
use futures_util::{SinkExt, StreamExt};
use landbridge_fetch::{Fetcher, Retry};
use landbridge_model::Time;
use std::{collections::HashMap, time::Duration};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::WebSocketConfig},
};
use url::Url;

pub enum Command {
    Publish {
        id: Hex32,
        json: String,
        reply: oneshot::Sender<Result<Answer, PoolError>>,
    },
    Subscribe {
        /// Sent one right after the other, before anything is heard.
        requests: Vec<Vec<Filter>>,
        out: mpsc::Sender<Told>,
        reply: oneshot::Sender<Result<Vec<u64>, PoolError>>,
    },
    Unsubscribe(Vec<u64>),
    Authenticate {
        keys: Keys,
        reply: oneshot::Sender<Result<Answer, PoolError>>,
    },
}

/// Largest message taken from a relay, in bytes.
const LARGEST: usize = 512 * 1024;
/// Without anything to do for this long, the connection is closed.
const IDLE: Duration = Duration::from_secs(90);
const PING: Duration = Duration::from_secs(30);
/// Without any frame for this long, the relay is gone.
const SILENCE: Duration = Duration::from_secs(100);
/// Events that may wait for an `OK`.
const UNANSWERED: usize = 1_000;

type Socket = WebSocketStream<Box<dyn landbridge_fetch::Stream>>;

/// Connects, then works until it is idle, broken, or nobody can command it any more.
pub async fn run(fetcher: Fetcher, url: Url, mut commands: mpsc::Receiver<Command>) {
    match connect(&fetcher, &url).await {
        Ok(socket) => {
            let mut connection = Connection {
                socket,
                url,
                challenge: None,
                next: 1,
                answers: HashMap::new(),
                subs: HashMap::new(),
                heard: tokio::time::Instant::now(),
                used: tokio::time::Instant::now(),
            };
            // What is open is dropped with it, which tells those who wait.
            let _ = connection.work(&mut commands).await;
            commands.close();
        }
        Err(error) => {
            commands.close();
            while let Some(command) = commands.recv().await {
                match command {
                    Command::Publish { reply, .. } | Command::Authenticate { reply, .. } => {
                        drop(reply.send(Err(error.clone())))
                    }
                    Command::Subscribe { reply, .. } => drop(reply.send(Err(error.clone()))),
                    Command::Unsubscribe(_) => {}
                }
            }
        }
    }
}

async fn connect(fetcher: &Fetcher, url: &Url) -> Result<Socket, PoolError> {
    let stream = fetcher.connect(url).await.map_err(|e| match e.retry() {
        Retry::Never => PoolError::Refused(e.to_string()),
        Retry::Later => PoolError::Connect(e.to_string()),
    })?;
    let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
    let shake = tokio_tungstenite::client_async_with_config(url.as_str(), stream, Some(config));
    match tokio::time::timeout(fetcher.policy().timeout, shake).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(PoolError::Connect(error.to_string())),
        Err(_) => Err(PoolError::Timeout),
    }
}

struct Connection {
    socket: Socket,
    url: Url,
    challenge: Option<String>,
    next: u64,
    answers: HashMap<Hex32, Vec<oneshot::Sender<Result<Answer, PoolError>>>>,
    subs: HashMap<String, mpsc::Sender<Told>>,
    heard: tokio::time::Instant,
    used: tokio::time::Instant,
}

/// The connection is over.
struct Over;

impl Connection {
    async fn work(&mut self, commands: &mut mpsc::Receiver<Command>) -> Result<(), Over> {
        let mut ping = tokio::time::interval_at(self.heard + PING, PING);
        loop {
            tokio::select! {
                command = commands.recv() => self.obey(command.ok_or(Over)?).await?,
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(text.as_str()).await?,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Over),
                    Some(Ok(_)) => self.heard = tokio::time::Instant::now(),
                },
                _ = ping.tick() => {
                    self.forget_dropped();
                    let now = tokio::time::Instant::now();
                    let idle = self.subs.is_empty() && self.answers.is_empty() && now - self.used > IDLE;
                    if idle || now - self.heard > SILENCE {
                        let _ = self.socket.close(None).await;
                        return Err(Over);
                    }
                    self.send(Message::Ping(Default::default())).await?;
                }
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), Over> {
        self.used = tokio::time::Instant::now();
        match command {
            Command::Publish { id, json, reply } => {
                if self.answers.len() >= UNANSWERED {
                    drop(reply.send(Err(PoolError::Full)));
                    return Ok(());
                }
                self.answers.entry(id).or_default().push(reply);
                self.send(Message::text(format!("[\"EVENT\",{json}]"))).await
            }
            Command::Subscribe { requests, out, reply } => {
                let mut subs = Vec::with_capacity(requests.len());
                for filters in requests {
                    let name = self.next.to_string();
                    subs.push(self.next);
                    self.next += 1;
                    let frame = req(&name, &filters);
                    self.subs.insert(name, out.clone());
                    self.send(Message::text(frame)).await?;
                }
                drop(reply.send(Ok(subs)));
                Ok(())
            }
            Command::Unsubscribe(subs) => {
                for sub in subs {
                    self.unsubscribe(&sub.to_string()).await?;
                }
                Ok(())
            }
            Command::Authenticate { keys, reply } => {
                let Some(challenge) = self.challenge.clone() else {
                    drop(reply.send(Err(PoolError::AuthRequired("the relay gave no challenge".into()))));
                    return Ok(());
                };
                let tags =
                    vec![vec!["relay".into(), self.url.to_string()], vec!["challenge".into(), challenge]];
                let event = keys.sign(Template {
                    created_at: Time::now().secs(),
                    kind: kind::AUTH,
                    tags,
                    content: String::new(),
                });
                self.answers.entry(event.id).or_default().push(reply);
                self.send(Message::text(format!("[\"AUTH\",{}]", event.json))).await
            }
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), Over> {
        self.heard = tokio::time::Instant::now();
        // A relay that talks nonsense is ignored, not obeyed.
        let Ok(frame) = ServerFrame::parse(text) else { return Ok(()) };
        match frame {
            ServerFrame::Event { sub, event } => self.tell(&sub, Told::Event(event.to_owned())).await,
            ServerFrame::Eose { sub } => self.tell(&sub, Told::UpToDate).await,
            ServerFrame::Closed { sub, message } => {
                self.tell(&sub, Told::Closed(message)).await?;
                self.subs.remove(&sub);
                Ok(())
            }
            ServerFrame::Ok { id, accepted, message } => {
                let message: String = message.chars().filter(|c| !c.is_control()).take(300).collect();
                for reply in self.answers.remove(&id).unwrap_or_default() {
                    drop(reply.send(Ok(Answer { accepted, message: message.clone() })));
                }
                Ok(())
            }
            ServerFrame::Auth(challenge) => {
                self.challenge = Some(challenge);
                Ok(())
            }
            ServerFrame::Notice(_) | ServerFrame::Other => Ok(()),
        }
    }

    /// A listener that is slow slows this relay down; one that is gone is unsubscribed.
    async fn tell(&mut self, sub: &str, told: Told) -> Result<(), Over> {
        let Some(out) = self.subs.get(sub) else { return Ok(()) };
        if out.send(told).await.is_err() {
            return self.unsubscribe(sub).await;
        }
        Ok(())
    }

    async fn unsubscribe(&mut self, sub: &str) -> Result<(), Over> {
        if self.subs.remove(sub).is_none() {
            return Ok(());
        }
        self.send(Message::text(serde_json::json!(["CLOSE", sub]).to_string())).await
    }

    fn forget_dropped(&mut self) {
        self.subs.retain(|_, out| !out.is_closed());
        self.answers.retain(|_, replies| replies.iter().any(|r| !r.is_closed()));
    }

    async fn send(&mut self, message: Message) -> Result<(), Over> {
        match tokio::time::timeout(SILENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Over),
        }
    }
}
