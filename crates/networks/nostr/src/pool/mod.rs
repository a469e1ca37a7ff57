//! Connections to other relays, as a client: one task per relay, guarded by the [`Fetcher`]'s rules, bounded in number,
//! closed when idle. Who wants something again after a failure waits as [`backoff`] says.

mod backoff;
mod connection;

pub use backoff::Backoff;

use crate::{
    event::{Event, Hex32, Keys, Limits},
    wire::Filter,
};
use connection::Command;
use landbridge_fetch::Fetcher;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// Relays that we are connected to at once.
const MOST_CONNECTIONS: usize = 200;
/// How long one exchange may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why an exchange with a relay failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// The URL is not one we may connect to; asking again will not help.
    #[error("{0}")]
    Refused(String),
    #[error("cannot connect: {0}")]
    Connect(String),
    #[error("the connection broke")]
    Broken,
    #[error("no answer in time")]
    Timeout,
    #[error("too many connections")]
    Full,
    /// The relay wants to know who asks; nobody consented to tell it.
    #[error("{0}")]
    AuthRequired(String),
    /// The relay ended the subscription.
    #[error("{0}")]
    Closed(String),
}

/// A relay's answer to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub accepted: bool,
    pub message: String,
}

/// Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Pool {
    fetcher: Fetcher,
    relays: Arc<Mutex<HashMap<String, mpsc::Sender<Command>>>>,
}

impl Pool {
    pub fn new(fetcher: Fetcher) -> Pool {
        Pool { fetcher, relays: Arc::default() }
    }

    /// Sends an event and waits for `OK`. `consent`: the key that may be shown to this relay when it insists (NIP-42).
    pub async fn publish(
        &self,
        url: &str,
        event: &Event,
        consent: Option<&Keys>,
    ) -> Result<Answer, PoolError> {
        self.publish_json(url, event.id, &event.json, consent).await
    }

    pub async fn publish_json(
        &self,
        url: &str,
        id: Hex32,
        json: &str,
        consent: Option<&Keys>,
    ) -> Result<Answer, PoolError> {
        let send = || async {
            let (reply, answer) = oneshot::channel();
            self.command(url, Command::Publish { id, json: json.to_owned(), reply }).await?;
            in_time(answer).await?
        };
        let answer = send().await?;
        match consent {
            Some(keys) if !answer.accepted && answer.message.starts_with("auth-required:") => {
                self.authenticate(url, keys).await?;
                send().await
            }
            _ => Ok(answer),
        }
    }

    /// Stored events that match: well-formed, verified, each once, at most `most`.
    pub async fn query(
        &self,
        url: &str,
        filters: &[Filter],
        most: usize,
        consent: Option<&Keys>,
    ) -> Result<Vec<Event>, PoolError> {
        match self.query_once(url, filters, most).await {
            Err(PoolError::AuthRequired(_)) if let Some(keys) = consent => {
                self.authenticate(url, keys).await?;
                self.query_once(url, filters, most).await
            }
            other => other,
        }
    }

    async fn query_once(&self, url: &str, filters: &[Filter], most: usize) -> Result<Vec<Event>, PoolError> {
        let mut subscription = self.subscribe(url, filters.to_vec()).await?;
        let (mut events, mut seen) = (Vec::new(), HashSet::new());
        let read = async {
            while let Some(next) = subscription.next().await {
                match next {
                    Told::Event(json) => {
                        let Ok(event) = Event::parse(&json, &Limits::default()) else { continue };
                        if !seen.insert(event.id) {
                            continue;
                        }
                        let Ok(event) = event.verify() else { continue };
                        if filters.iter().any(|f| f.matches(&event)) {
                            events.push(event);
                        }
                        if events.len() >= most {
                            return Ok(());
                        }
                    }
                    Told::UpToDate => return Ok(()),
                    Told::Closed(why) if why.starts_with("auth-required:") => {
                        return Err(PoolError::AuthRequired(why));
                    }
                    Told::Closed(why) => return Err(PoolError::Closed(why)),
                }
            }
            Err(PoolError::Broken)
        };
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(result) => result.map(|()| events),
            // Slow relays still told us something.
            Err(_) if !events.is_empty() => Ok(events),
            Err(_) => Err(PoolError::Timeout),
        }
    }

    /// Opens a subscription. It ends when it is dropped or the connection is lost.
    pub async fn subscribe(&self, url: &str, filters: Vec<Filter>) -> Result<Subscription, PoolError> {
        self.subscribe_to_all(url, vec![filters]).await
    }

    /// The same by several requests at once.
    pub async fn subscribe_to_all(
        &self,
        url: &str,
        requests: Vec<Vec<Filter>>,
    ) -> Result<Subscription, PoolError> {
        let (out, inbox) = mpsc::channel(256);
        let (reply, opened) = oneshot::channel();
        self.command(url, Command::Subscribe { requests, out, reply }).await?;
        let subs = in_time(opened).await??;
        let (behind, line) = (subs.len(), self.line(url));
        Ok(Subscription { subs, behind, inbox, line })
    }

    /// Shows a key to a relay (NIP-42); only with its owner's consent.
    pub async fn authenticate(&self, url: &str, keys: &Keys) -> Result<(), PoolError> {
        let (reply, answer) = oneshot::channel();
        self.command(url, Command::Authenticate { keys: keys.clone(), reply }).await?;
        let answer = in_time(answer).await??;
        if answer.accepted { Ok(()) } else { Err(PoolError::AuthRequired(answer.message)) }
    }

    fn line(&self, url: &str) -> Option<mpsc::Sender<Command>> {
        self.relays.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    /// Hands a command to the relay's task, which is started when there is none.
    async fn command(&self, url: &str, command: Command) -> Result<(), PoolError> {
        let parsed = url::Url::parse(url).map_err(|e| PoolError::Refused(e.to_string()))?;
        self.fetcher.policy().check_url(&parsed).map_err(|e| PoolError::Refused(e.to_string()))?;
        let line = {
            let mut relays = self.relays.lock().unwrap_or_else(PoisonError::into_inner);
            relays.retain(|_, line| !line.is_closed());
            match relays.get(url) {
                Some(line) => line.clone(),
                None if relays.len() >= MOST_CONNECTIONS => return Err(PoolError::Full),
                None => {
                    let (line, commands) = mpsc::channel(64);
                    relays.insert(url.to_owned(), line.clone());
                    tokio::spawn(connection::run(self.fetcher.clone(), parsed, commands));
                    line
                }
            }
        };
        line.send(command).await.map_err(|_| PoolError::Broken)
    }
}

async fn in_time<T>(answer: oneshot::Receiver<T>) -> Result<T, PoolError> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(PoolError::Broken),
        Err(_) => Err(PoolError::Timeout),
    }
}

/// What a subscription tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Unchecked.
    Event(String),
    /// All that was stored has been told, to every request.
    UpToDate,
    /// The relay ended one of the requests.
    Closed(String),
}

/// An open subscription.
pub struct Subscription {
    /// By these names; what any of them is told comes into one inbox, since one that nobody hears stops the connection.
    subs: Vec<u64>,
    /// Requests that have more to tell of what is stored; at least 1.
    behind: usize,
    inbox: mpsc::Receiver<Told>,
    line: Option<mpsc::Sender<Command>>,
}

impl Subscription {
    /// `None`: the connection is lost.
    pub async fn next(&mut self) -> Option<Told> {
        loop {
            match self.inbox.recv().await? {
                Told::UpToDate if self.behind > 1 => self.behind -= 1,
                told => return Some(told),
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(line) = &self.line {
            // A full line notices by itself that nobody listens.
            let _ = line.try_send(Command::Unsubscribe(std::mem::take(&mut self.subs)));
        }
    }
}
