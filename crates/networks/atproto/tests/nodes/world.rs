//! A hub on a fresh database, with AT Protocol attached, its directory and its PDS on a loopback port.

use bytes::Bytes;
use landbridge_atproto::{
    AtProto, Options,
    crypto::PublicKey,
    data::Record,
    firehose::{Event, Frame, Unnumbered},
    repo::{car::CarLimits, import::Imported},
    syntax::Did,
};
use landbridge_fetch::{Fetcher, Policy};
use landbridge_hub::{
    Config, CopyKind, Draft, Hub, Limits, Mode, Registrations,
    accounts::{NewMember, Role},
};
use landbridge_media::MediaStore;
use landbridge_model::{Id, Network, Post, Presence, Visibility};
use landbridge_store::{EngineKind, entities::atproto_events, testing::TestStore};
use std::{collections::BTreeMap, sync::Arc};
use tokio::net::TcpListener;

/// Makes a test on each engine, `sqlite::NAME` and `postgres::NAME`, of every `async fn NAME(engine: EngineKind)`.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        on_both!(@ sqlite Sqlite $($name)+);
        on_both!(@ postgres Postgres $($name)+);
    };
    (@ $module:ident $engine:ident $($name:ident)+) => {
        mod $module {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(landbridge_store::EngineKind::$engine).await
            })+
        }
    };
}
pub(crate) use on_both;

pub struct World {
    pub hub: Hub,
    pub at: Arc<AtProto>,
    /// `http://127.0.0.1:PORT` of the PDS.
    pub pds: String,
    store: TestStore,
}

impl World {
    pub async fn new(engine: EngineKind) -> World {
        World::on(TestStore::new(engine).await).await
    }

    async fn on(store: TestStore) -> World {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let pds = format!("http://{}", listener.local_addr().unwrap());
        let folder = store.place.folder().join("media");
        let media = landbridge_media::Config {
            worker: landbridge_media::Worker::Thread,
            ..landbridge_media::Config::new(folder).unwrap()
        };
        let media = MediaStore::open(media).unwrap();
        let config = Config {
            origin: "http://localhost:1".parse().unwrap(),
            account_domain: "localhost:1".into(),
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
        let at = AtProto::new(&hub, options(&pds));
        hub.attach(vec![at.clone()]);
        let router = at.router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        World { hub, at, pds, store }
    }

    /// The same database under another hub, as after a restart: nothing is remembered but what is stored.
    pub async fn restarted(self) -> World {
        World::on(self.store).await
    }

    pub async fn member(&self, name: &str) -> Id {
        let new = NewMember {
            name: name.into(),
            password: "correct horse battery staple".into(),
            role: Role::Member,
            networks: vec![(Network::AtProto, None)],
            link_identities: false,
        };
        self.hub.create_member(new).await.unwrap().actor.id
    }

    pub async fn presence(&self, member: Id) -> Presence {
        self.hub.presence(member, Network::AtProto).await.unwrap().unwrap()
    }

    pub async fn did(&self, member: Id) -> Did {
        Did::parse(&self.presence(member).await.native_id).unwrap()
    }

    /// The key that the directory gives for a member's repository.
    pub async fn key(&self, member: Id) -> PublicKey {
        let document = self.at.plc_document(&self.did(member).await).await.unwrap().unwrap();
        document.signing_key().unwrap().clone()
    }

    pub async fn post(&self, member: Id, text: &str) -> Post {
        self.publish(Draft { author: member, text: text.into(), ..Draft::default() }).await
    }

    pub async fn publish(&self, draft: Draft) -> Post {
        let draft = Draft { visibility: draft.visibility.or(Some(Visibility::Public)), ..draft };
        self.hub.publish(draft, None).await.unwrap()
    }

    /// The record of a thing, and its AT-URI.
    pub async fn record(&self, kind: CopyKind, object: Id) -> Option<(String, Record)> {
        let copy = self.hub.copy_on(kind, object, Network::AtProto).await.unwrap()?;
        let mut parts = copy.native_id.rsplitn(3, '/');
        let (rkey, collection) = (parts.next().unwrap(), parts.next().unwrap());
        let stored = self.at.record(copy.actor, collection, rkey).await.unwrap()?;
        assert_eq!(copy.version.unwrap(), stored.cid.to_string());
        Some((copy.native_id, stored.record().unwrap()))
    }

    /// The repository as a file.
    pub async fn exported(&self, member: Id, since: Option<&str>) -> Bytes {
        let mut export = self.at.export(member, since).await.unwrap().unwrap();
        let mut file = Vec::new();
        while let Some(piece) = export.piece(&self.at).await.unwrap() {
            file.extend_from_slice(&piece);
        }
        file.into()
    }

    /// The whole repository, checked from the outside: owner, signature, tree, hashes.
    pub async fn verified(&self, member: Id) -> Imported {
        let car = self.exported(member, None).await;
        let (did, key) = (self.did(member).await, self.key(member).await);
        landbridge_atproto::repo::import::import(&car, CarLimits::REPO, &did, Some(&key)).unwrap()
    }

    /// Everything that subscribers are told, in order.
    pub async fn events(&self) -> Vec<(u64, Event)> {
        let rows = self.hub.store().rows(atproto_events::after(0, 10_000)).await.unwrap();
        let frames = rows.into_iter().map(|mut row| {
            let seq = u64::try_from(row.get::<i64>(0).unwrap()).unwrap();
            let (before, after) = (row.get(1).unwrap(), row.get(2).unwrap());
            match Frame::decode(&Unnumbered { before, after }.number(seq).into()).unwrap() {
                Frame::Event(own, event) if own == seq => (seq, event),
                other => panic!("{other:?}"),
            }
        });
        frames.collect()
    }
}

fn options(pds: &str) -> Options {
    Options {
        pds: pds.parse().unwrap(),
        handle_domain: "landbridge.test".into(),
        directory: None,
        relays: Vec::new(),
        streams: Vec::new(),
        jetstreams: Vec::new(),
        appview: None,
        chat: None,
        moderation: None,
        admin_token: None,
        dns: None,
        labelers: Vec::new(),
        stream_hours: 1,
        rate_limits: true,
    }
}
