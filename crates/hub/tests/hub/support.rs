//! A hub on a fresh store, with networks that keep what they are asked to stage and deliver.

use async_trait::async_trait;
use landbridge_fetch::{Fetcher, Policy};
use landbridge_hub::{
    Act, ActKind, Config, CopyKind, CopyState, Delivery, Destination, Draft, Hub, HubError, Incoming, Joined,
    KeyImport, Mode, NewKey, NewPresence, Outcome, Payload, Registrations, Staged, StagedCopy, Stop,
    Translator,
    accounts::{Member, NewMember, Role},
};
use landbridge_media::MediaStore;
use landbridge_model::{Actor, Id, Network, Visibility};
use landbridge_store::testing::TestStore;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::Semaphore;

pub struct TestHub {
    pub hub: Hub,
    /// Carries every visibility, asks before follows: like ActivityPub.
    pub wide: Arc<Recorder>,
    /// Carries public posts only: like Nostr.
    pub open: Arc<Recorder>,
    _store: TestStore,
}

/// A network that keeps what it is given.
pub struct Recorder {
    network: Network,
    private: bool,
    pub staged: Mutex<Vec<String>>,
    pub delivered: Mutex<Vec<Delivery>>,
    /// What each destination answers; `Delivered` when it is not named.
    pub answers: Mutex<HashMap<String, Outcome>>,
    /// What can be fetched, by native id.
    pub there: Mutex<HashMap<String, Vec<Incoming>>>,
    /// What was looked up or fetched.
    pub asked: Mutex<Vec<String>>,
    /// Native ids that their host gives no address.
    pub unnamed: Mutex<Vec<String>>,
    /// Hosts through which everybody of this network comes.
    pub hosts: Mutex<Vec<String>>,
    /// Deliveries wait for a permit here.
    pub gate: Semaphore,
    /// Deliveries under way by host, and the most that ever were.
    pub under_way: Mutex<HashMap<String, (usize, usize)>>,
}

pub fn test_hub(store: TestStore) -> TestHub {
    let wide = Recorder::new(Network::ActivityPub, true);
    let open = Recorder::new(Network::Nostr, false);
    let config = Config {
        origin: "http://localhost:8840".parse().unwrap(),
        account_domain: "localhost:8840".into(),
        trial: true,
        title: "Test".into(),
        description: String::new(),
        contact: String::new(),
        registrations: Registrations::Closed,
        networks: [(Network::ActivityPub, Mode::ReadWrite), (Network::Nostr, Mode::ReadWrite)].into(),
        limits: Default::default(),
        gate: Default::default(),
        remote_days: 30,
    };
    let media = landbridge_media::Config {
        dir: store.place.folder().join("media"),
        worker: landbridge_media::Worker::Thread,
        limits: Default::default(),
        ffmpeg: None,
    };
    let fetcher = Fetcher::new(Policy::trial("test")).unwrap();
    let hub = Hub::new(config, store.store.clone(), fetcher, MediaStore::open(media).unwrap(), &[7; 32]);
    hub.attach(vec![wide.clone(), open.clone()]);
    TestHub { hub, wide, open, _store: store }
}

impl TestHub {
    /// The database file, on SQLite.
    pub fn database(&self) -> std::path::PathBuf {
        self._store.place.file()
    }

    pub async fn member(&self, name: &str) -> Member {
        let networks = vec![(Network::ActivityPub, None), (Network::Nostr, None)];
        self.member_on(name, networks).await
    }

    pub async fn member_on(&self, name: &str, networks: Vec<(Network, Option<KeyImport>)>) -> Member {
        let new = NewMember {
            name: name.into(),
            password: "correct horse".into(),
            role: Role::Member,
            networks,
            link_identities: false,
        };
        self.hub.create_member(new).await.unwrap()
    }
}

/// A picture of one pixel.
pub fn picture(colour: u8) -> Vec<u8> {
    let head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00".to_vec();
    let colours = [colour, 0x40, 0x80, 0, 0, 0];
    let pixel = b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";
    [head.as_slice(), &colours, pixel].concat()
}

pub fn draft(author: &Member, text: &str) -> Draft {
    Draft { author: author.actor.id, text: text.into(), ..Draft::default() }
}

pub fn draft_for(author: &Member, text: &str, visibility: Visibility) -> Draft {
    Draft { visibility: Some(visibility), ..draft(author, text) }
}

impl Recorder {
    fn new(network: Network, private: bool) -> Arc<Recorder> {
        Arc::new(Recorder {
            network,
            private,
            staged: Mutex::default(),
            delivered: Mutex::default(),
            answers: Mutex::default(),
            there: Mutex::default(),
            asked: Mutex::default(),
            unnamed: Mutex::default(),
            hosts: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
            under_way: Mutex::default(),
        })
    }

    /// The acts staged since the last call.
    pub fn take_staged(&self) -> Vec<String> {
        std::mem::take(&mut self.staged.lock().unwrap())
    }

    fn name(&self, kind: &str, id: Id) -> String {
        format!("{}:{kind}:{id}", self.network.key())
    }
}

#[async_trait]
impl Translator for Recorder {
    fn network(&self) -> Network {
        self.network
    }

    fn carries(&self, visibility: Visibility) -> bool {
        self.private || visibility == Visibility::Public
    }

    fn asks_to_follow(&self) -> bool {
        self.private
    }

    fn reuses_ids(&self) -> bool {
        self.private
    }

    fn sends_cards(&self) -> bool {
        !self.private
    }

    async fn has_address(&self, _: &Hub, _: &str, _: &str, native_id: &str) -> bool {
        !self.unnamed.lock().unwrap().iter().any(|id| id == native_id)
    }

    async fn hosts_of(&self, _: &Hub, _: &str) -> Result<Vec<String>, HubError> {
        Ok(self.hosts.lock().unwrap().clone())
    }

    async fn join(&self, _: &Hub, member: &Actor, _: Option<KeyImport>) -> Result<Joined, HubError> {
        let native_id = format!("{}:{}", self.network.key(), member.username);
        let key = NewKey { kind: "test", public: native_id.clone(), secret: b"secret".to_vec() };
        Ok(Joined { presence: NewPresence { native_id, facts: serde_json::json!({}) }, keys: vec![key] })
    }

    async fn stage(&self, hub: &Hub, act: &Act) -> Result<Staged, HubError> {
        self.staged.lock().unwrap().push(act.kind.name().to_owned());
        let mut staged = Staged::default();
        let copy = match &act.kind {
            ActKind::Post(post) => Some((CopyKind::Post, post.id)),
            ActKind::Repost { repost, .. } => Some((CopyKind::Repost, repost.id)),
            ActKind::React { reaction, .. } => Some((CopyKind::Reaction, reaction.id)),
            _ => None,
        };
        if let Some((kind, object)) = copy {
            let native_id = match &act.origin {
                Some(origin) => origin.native_id.clone(),
                None => self.name(kind.key(), object),
            };
            let original = act.origin.as_ref().map(|o| o.original.clone());
            let state = CopyState::Live;
            staged.copies.push(StagedCopy {
                kind,
                object,
                native_id,
                version: None,
                url: None,
                original,
                state,
            });
        }
        let private = matches!(&act.kind, ActKind::Post(p) if !p.visibility.is_open());
        let mut destinations = Vec::new();
        for presence in hub.follower_presences(act.member.id, self.network).await? {
            if let Some(url) = presence.facts["inbox"].as_str() {
                let host = url.split('/').nth(2).unwrap_or_default().to_owned();
                destinations.push(Destination { url: url.to_owned(), host });
            }
        }
        let text = match &act.kind {
            ActKind::Post(post) | ActKind::Edit(post) => post.text.text.clone(),
            other => other.name().to_owned(),
        };
        staged.payloads.push(Payload { bytes: text.into(), private, destinations, settled: None });
        Ok(staged)
    }

    async fn deliver(&self, _: &Hub, delivery: &Delivery) -> Outcome {
        {
            let mut under_way = self.under_way.lock().unwrap();
            let (now, most) = under_way.entry(delivery.host.clone()).or_default();
            *now += 1;
            *most = (*most).max(*now);
        }
        self.gate.acquire().await.unwrap().forget();
        self.under_way.lock().unwrap().get_mut(&delivery.host).unwrap().0 -= 1;
        self.delivered.lock().unwrap().push(delivery.clone());
        let answer = self.answers.lock().unwrap().get(&delivery.destination).cloned();
        answer.unwrap_or(Outcome::Delivered { answer: "thanks".into() })
    }

    async fn resolve(&self, _: &Hub, text: &str) -> Result<Vec<Incoming>, HubError> {
        self.asked.lock().unwrap().push(text.to_owned());
        Ok(self.there.lock().unwrap().get(text).cloned().unwrap_or_default())
    }

    async fn fetch(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        self.resolve(hub, native_id).await
    }

    async fn thread(&self, hub: &Hub, native_id: &str) -> Result<Vec<Incoming>, HubError> {
        self.resolve(hub, native_id).await
    }

    async fn run(self: Arc<Self>, _: Hub, _: Stop) {}
}
