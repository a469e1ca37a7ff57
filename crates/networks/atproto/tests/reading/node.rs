//! A hub with this network attached, reading a stream.

use crate::elsewhere::Elsewhere;
use landbridge_atproto::{AtProto, Options, syntax::Did};
use landbridge_fetch::{Fetcher, Policy};
use landbridge_hub::{
    Config, Hub, Limits, Mode, Registrations, Translator,
    accounts::{NewMember, Role},
    reading::SearchOptions,
};
use landbridge_media::MediaStore;
use landbridge_model::{Actor, Id, Network, Post};
use landbridge_store::{
    EngineKind,
    entities::{actors, follows},
    testing::TestStore,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::watch;

pub struct Node {
    pub hub: Hub,
    pub at: Arc<AtProto>,
    stop: watch::Sender<bool>,
    reading: Option<tokio::task::JoinHandle<()>>,
    _store: TestStore,
}

pub fn options(elsewhere: &str) -> Options {
    Options {
        pds: "http://127.0.0.1:9".parse().unwrap(),
        handle_domain: "landbridge.test".into(),
        directory: Some(format!("{elsewhere}/plc").parse().unwrap()),
        relays: Vec::new(),
        streams: vec![elsewhere.parse().unwrap()],
        jetstreams: Vec::new(),
        appview: None,
        chat: None,
        moderation: None,
        labelers: Vec::new(),
        stream_hours: 24,
        rate_limits: true,
        admin_token: None,
        dns: None,
    }
}

impl Node {
    pub async fn start(engine: EngineKind, elsewhere: &Elsewhere) -> Node {
        let mut node = Node::quiet(engine, options(&elsewhere.origin)).await;
        node.read();
        node
    }

    /// Not reading yet.
    pub async fn quiet(engine: EngineKind, options: Options) -> Node {
        let store = TestStore::new(engine).await;
        let media =
            MediaStore::open(landbridge_media::Config::new(store.place.folder().join("media")).unwrap())
                .unwrap();
        let config = Config {
            origin: "http://localhost:8".parse().unwrap(),
            account_domain: "landbridge.test".into(),
            trial: true,
            title: "Test".into(),
            description: String::new(),
            contact: String::new(),
            registrations: Registrations::Closed,
            networks: BTreeMap::from([(Network::AtProto, Mode::ReadWrite)]),
            limits: Limits::default(),
            gate: Default::default(),
            remote_days: 30,
        };
        let fetcher = Fetcher::new(Policy::trial("test")).unwrap();
        let hub = Hub::new(config, store.store.clone(), fetcher, media, &[7; 32]);
        let at = AtProto::new(&hub, options);
        hub.attach(vec![at.clone()]);
        Node { hub, at, stop: watch::Sender::new(false), reading: None, _store: store }
    }

    pub fn read(&mut self) {
        self.stop.send_replace(false);
        let run = (self.at.clone() as Arc<dyn Translator>).run(self.hub.clone(), self.stop.subscribe());
        self.reading = Some(tokio::spawn(run));
    }

    /// As when the server is stopped.
    pub async fn stop(&mut self) {
        self.stop.send_replace(true);
        if let Some(reading) = self.reading.take() {
            reading.await.unwrap();
        }
    }

    pub async fn member(&self, name: &str) -> Actor {
        let new = NewMember {
            name: name.into(),
            password: "correct horse battery".into(),
            role: Role::Member,
            networks: vec![(Network::AtProto, None)],
            link_identities: false,
        };
        self.hub.create_member(new).await.unwrap().actor
    }

    pub async fn did(&self, member: &Actor) -> Did {
        let presence = self.hub.presence(member.id, Network::AtProto).await.unwrap().unwrap();
        Did::parse(&presence.native_id).unwrap()
    }

    /// A member who follows somebody elsewhere, and the stream is read with that in mind.
    pub async fn follower(&self, name: &str, of: &Did) -> Actor {
        let member = self.member(name).await;
        let target = self.find(of.as_str()).await;
        self.hub.follow(member.id, target.id, Default::default(), None).await.unwrap();
        // An act of the member makes the reader look.
        let row = self.hub.store().row(follows::one(member.id, target.id)).await.unwrap();
        assert!(row.is_some());
        tokio::time::sleep(Duration::from_millis(1500)).await;
        member
    }

    pub async fn find(&self, text: &str) -> Actor {
        self.hub.find_actor(text).await.unwrap().unwrap_or_else(|| panic!("{text} is not found"))
    }

    /// The post that a pasted text names.
    pub async fn search(&self, text: &str) -> Option<Post> {
        let options = SearchOptions {
            accounts: false,
            posts: true,
            tags: false,
            resolve: true,
            following: false,
            author: None,
            limit: 5,
            offset: 0,
        };
        self.hub.search(None, text, &options).await.unwrap().posts.pop().map(|view| view.post)
    }

    pub async fn known(&self, did: &Did) -> Option<Actor> {
        let row = self.hub.store().row(actors::by_native(Network::AtProto, did.as_str())).await.unwrap();
        row.map(|mut row| actors::read(&mut row).unwrap())
    }

    /// The post with that AT-URI, if it is here.
    pub async fn here(&self, uri: &str) -> Option<Post> {
        let copy = self.hub.copy(Network::AtProto, uri).await.unwrap()?;
        self.hub.post(copy.object).await.ok()
    }

    /// The post with that AT-URI, once it is here.
    pub async fn post(&self, uri: &str) -> Post {
        for _ in 0..100 {
            if let Some(post) = self.here(uri).await {
                return post;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{uri} has not arrived")
    }

    /// Waits until something holds.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, holds: impl Fn() -> F) {
        for _ in 0..100 {
            if holds().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("not so: {what}")
    }

    /// Ids of posts on a member's home timeline.
    pub async fn home(&self, member: Id) -> Vec<Id> {
        let page = self.hub.home(member, Default::default()).await.unwrap();
        page.into_iter().map(|view| view.post.id).collect()
    }
}
