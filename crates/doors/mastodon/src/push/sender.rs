//! From notifications that were written to messages on their way: a bounded queue in memory. Unlike the outbox it may lose
//! what it holds when the server stops: a message only says earlier what the app's list of notifications says anyway, and
//! after an hour nobody needs it.
//!
//! On several nodes each tells of what it has written itself. What a first contact has sent and the member has not let in
//! is no notification, so nobody is told.

use super::{encrypt, payload::payload, vapid};
use crate::{door::Door, entities::notification_type, error::ApiError};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use landbridge_hub::{
    Event, EventKind, Hub, HubError, Outcome, Page, Relationship, Stop,
    accounts::{Key, PushFrom, Subscription},
    reading::Notification,
};
use landbridge_model::{Id, Time, Visibility};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    task::JoinSet,
    time::sleep,
};
use url::Url;

/// Messages under way, in all and to one host. To one subscription it is one.
const AT_ONCE: usize = 32;
const PER_HOST: usize = 8;
/// Messages that may wait, in all and for one subscription.
const WAITING: usize = 4096;
const PER_SUBSCRIPTION: usize = 64;
/// After how long nobody needs to be told any more.
const STALE: Duration = Duration::from_secs(3600);
/// The first wait after a try that failed; each further one is four times as long.
const BACK_OFF: Duration = Duration::from_secs(10);
/// Seconds that a push service keeps a message for a device that is away: as long as the reference server has it.
const TTL: &str = "172800";

/// Tells apps of notifications until `stop`. What is written from the call on is told, also before this is first polled.
pub fn run(hub: Hub, stop: Stop) -> impl Future<Output = ()> + Send + 'static {
    let events = hub.bus().listen();
    let sender = Sender {
        door: Door::new(hub),
        waiting: VecDeque::new(),
        running: JoinSet::new(),
        busy: HashSet::new(),
        hosts: HashMap::new(),
    };
    sender.work(events, stop)
}

/// One message for one app, encrypted.
struct Message {
    subscription: Id,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    /// When the member was told.
    at: Time,
    due: Time,
    /// Tries that failed.
    tries: u32,
}

struct Sender {
    door: Door,
    waiting: VecDeque<Message>,
    running: JoinSet<(Message, Result<Outcome, HubError>)>,
    /// Subscriptions and hosts with a message under way.
    busy: HashSet<Id>,
    hosts: HashMap<String, usize>,
}

impl Sender {
    async fn work(mut self, mut events: Receiver<Event>, mut stop: Stop) {
        // Made at the first start; whoever asks for it before gets the same.
        if let Err(error) = vapid::key(&self.door.hub).await {
            tracing::error!(%error, "the key for push messages cannot be used");
        }
        while !*stop.borrow() {
            self.start();
            let wait = self.wait();
            tokio::select! {
                event = events.recv() => match event {
                    Ok(Event { members, kind: EventKind::Notification(id), .. }) => self.tell(members, id).await,
                    Ok(_) => {}
                    Err(RecvError::Lagged(events)) => {
                        tracing::warn!(events, "so much was written at once that some apps are not told");
                    }
                    Err(RecvError::Closed) => return,
                },
                Some(done) = self.running.join_next(), if !self.running.is_empty() => match done {
                    Ok((message, outcome)) => self.done(message, outcome),
                    // A task that panicked does not say whose it was.
                    Err(_) => (self.busy, self.hosts) = Default::default(),
                },
                () = sleep(wait) => {}
                changed = stop.changed() => if changed.is_err() {
                    return;
                },
            }
        }
    }

    async fn tell(&mut self, members: Vec<Id>, notification: Id) {
        for member in members {
            match self.messages(member, notification).await {
                Ok(messages) => messages.into_iter().for_each(|message| self.queue(message)),
                Err(error) => tracing::warn!(?error, "apps could not be told of a notification"),
            }
        }
    }

    /// What a member's apps are told of a notification.
    async fn messages(&self, member: Id, id: Id) -> Result<Vec<Message>, ApiError> {
        let hub = &self.door.hub;
        let subscriptions = hub.subscriptions(member).await?;
        if subscriptions.is_empty() {
            return Ok(Vec::new());
        }
        // As the list shows it: what that leaves out is not told either.
        let alone = Page {
            max: Some(Id(id.0.saturating_add(1))),
            since: Some(Id(id.0.saturating_sub(1))),
            min: None,
            limit: 1,
        };
        let Some(told) = hub.notifications(member, &[], None, alone).await?.pop() else {
            return Ok(Vec::new());
        };
        if told.at.plus(STALE) < Time::now() {
            return Ok(Vec::new());
        }
        let between = hub.relationships(member, &[told.actor.id]).await?.pop().unwrap_or_default();
        let key = vapid::key(hub).await?;
        let mut messages = Vec::new();
        for subscription in subscriptions.iter().filter(|s| wanted(s, &told, &between)) {
            let text = payload(&self.door, &told, subscription.may_read).await?;
            let Some(message) = message(&self.door, subscription, &text, &key, told.at) else {
                tracing::warn!(subscription = %subscription.id, "a push message could not be made");
                continue;
            };
            self.log(member, subscription, &told).await?;
            messages.push(message);
        }
        Ok(messages)
    }

    /// An app that is told what stands in a conversation has read it.
    async fn log(&self, member: Id, to: &Subscription, told: &Notification) -> Result<(), HubError> {
        match &told.post {
            Some(view) if to.may_read && view.post.visibility == Visibility::Direct => {
                self.door.hub.used_messages(to.grant, member, &[view.post.id]).await
            }
            _ => Ok(()),
        }
    }

    fn queue(&mut self, message: Message) {
        let same = self.waiting.iter().filter(|m| m.subscription == message.subscription).count();
        if self.waiting.len() < WAITING && same < PER_SUBSCRIPTION {
            self.waiting.push_back(message);
        } else {
            tracing::debug!(subscription = %message.subscription, "too many push messages wait; one is dropped");
        }
    }

    /// Starts what is due, as far as there is room, in the order of the queue.
    fn start(&mut self) {
        let now = Time::now();
        let mut later = VecDeque::new();
        while let Some(message) = self.waiting.pop_front() {
            let host = host(&message);
            let hosts = self.hosts.get(&host).copied().unwrap_or(0);
            let room = self.running.len() < AT_ONCE && hosts < PER_HOST;
            if message.due > now || !room || self.busy.contains(&message.subscription) {
                later.push_back(message);
                continue;
            }
            if message.at.plus(STALE) < now {
                continue;
            }
            self.busy.insert(message.subscription);
            self.hosts.insert(host, hosts + 1);
            let hub = self.door.hub.clone();
            self.running.spawn(async move {
                let (headers, body) = (message.headers.clone(), message.body.clone());
                let outcome = hub.push(message.subscription, &message.url, headers, body).await;
                (message, outcome)
            });
        }
        self.waiting = later;
    }

    fn done(&mut self, mut message: Message, outcome: Result<Outcome, HubError>) {
        self.busy.remove(&message.subscription);
        let host = host(&message);
        match self.hosts.get(&host).copied().unwrap_or(0) {
            0 | 1 => drop(self.hosts.remove(&host)),
            more => drop(self.hosts.insert(host, more - 1)),
        }
        let after = match outcome {
            Ok(Outcome::Retry { after, .. }) => after,
            Err(error) => {
                tracing::warn!(%error, "a push message could not be sent; it is tried again");
                None
            }
            Ok(outcome) => {
                tracing::debug!(?outcome, subscription = %message.subscription, "a push message has come to its end");
                return;
            }
        };
        if let Some(due) = next(message.tries, after, message.at, Time::now()) {
            (message.due, message.tries) = (due, message.tries + 1);
            self.queue(message);
        }
    }

    /// Until something that waits for its time is due; what waits for room is started when something is done.
    fn wait(&self) -> Duration {
        let now = Time::now();
        let due = self.waiting.iter().map(|m| m.due.0).filter(|due| *due > now.0).min();
        let ms = due.map_or(i64::MAX, |due| due.saturating_sub(now.0));
        Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(STALE)
    }
}

fn wanted(subscription: &Subscription, told: &Notification, between: &Relationship) -> bool {
    let wants = &subscription.wants;
    let kind = notification_type(told.kind);
    let from = match wants.from {
        PushFrom::All => true,
        PushFrom::Followed => between.following,
        PushFrom::Follower => between.followed_by,
        PushFrom::None => false,
    };
    from && wants.alerts.iter().any(|alert| alert == kind)
}

/// When to try again; `None`: nobody would need it then.
fn next(tries: u32, after: Option<Duration>, at: Time, now: Time) -> Option<Time> {
    let wait = BACK_OFF.saturating_mul(4_u32.saturating_pow(tries)).max(after.unwrap_or_default());
    Some(now.plus(wait.min(STALE * 2))).filter(|due| *due < at.plus(STALE))
}

fn host(message: &Message) -> String {
    message.url.host_str().unwrap_or_default().to_owned()
}

/// Encrypted to the app, with what the push service is to know (RFC 8030, section 5; RFC 8292, section 3).
fn message(door: &Door, to: &Subscription, text: &[u8], key: &Key, at: Time) -> Option<Message> {
    let url = Url::parse(&to.place.endpoint).ok()?;
    let now = Time::now();
    let (token, public) = (vapid::token(key, &url, &vapid::subject(door.hub.config()), now)?, &key.public);
    let mut headers = HeaderMap::new();
    let mut put = |name: HeaderName, value: &str| {
        HeaderValue::from_str(value).ok().map(|value| drop(headers.insert(name, value)))
    };
    put(HeaderName::from_static("ttl"), TTL)?;
    put(HeaderName::from_static("urgency"), "normal")?;
    put(header::CONTENT_TYPE, "application/octet-stream")?;
    let body = match to.place.standard {
        true => {
            put(header::CONTENT_ENCODING, "aes128gcm")?;
            put(header::AUTHORIZATION, &format!("vapid t={token}, k={public}"))?;
            encrypt::aes128gcm(&to.place, text)?
        }
        false => {
            let draft = encrypt::aesgcm(&to.place, text)?;
            let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            put(header::CONTENT_ENCODING, "aesgcm")?;
            put(HeaderName::from_static("encryption"), &format!("salt={}", encoded(&draft.salt)))?;
            let keys = format!("dh={};p256ecdsa={public}", encoded(&draft.public));
            put(HeaderName::from_static("crypto-key"), &keys)?;
            put(header::AUTHORIZATION, &format!("WebPush {token}"))?;
            draft.body
        }
    };
    let body = body.into();
    Some(Message { subscription: to.id, url, headers, body, at, due: now, tries: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_end_when_nobody_needs_it_any_more() {
        let at = Time::from_secs(1_700_000_000);
        let (mut now, mut waits) = (at, Vec::new());
        for tries in 0.. {
            let Some(due) = next(tries, None, at, now) else { break };
            waits.push(due.secs() - now.secs());
            now = due;
        }
        assert_eq!(waits, [10, 40, 160, 640, 2560]);
        // What the service asks for is kept to, but a wait is never shorter for it.
        assert_eq!(next(0, Some(Duration::from_secs(120)), at, at), Some(at.plus(Duration::from_secs(120))));
        assert_eq!(next(1, Some(Duration::ZERO), at, at), Some(at.plus(Duration::from_secs(40))));
        assert_eq!(next(0, Some(Duration::MAX), at, at), None);
        assert_eq!(next(u32::MAX, None, at, at), None);
    }
}
