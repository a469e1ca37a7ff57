//! A whole node on loopback: store, hub, this network, its routes, the outbox.

use landbridge_activitypub::{ActivityPub, Options, http};
use landbridge_fetch::{Fetcher, Policy};
use landbridge_hub::accounts::{Member, NewMember, Role};
use landbridge_hub::reading::SearchOptions;
use landbridge_hub::{Config, Draft, Hub, Mode, Registrations};
use landbridge_media::MediaStore;
use landbridge_model::{Actor, Network, Post};
use landbridge_store::EngineKind;
use landbridge_store::testing::TestStore;
use std::cell::Cell;
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

thread_local! {
    /// The engine of the nodes that the test on this thread starts.
    pub static ENGINE: Cell<EngineKind> = const { Cell::new(EngineKind::Sqlite) };
}

/// Makes two tests of each function: all its nodes on SQLite, all its nodes on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name().await
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                $crate::support::ENGINE.set(landbridge_store::EngineKind::Postgres);
                super::$name().await
            })+
        }
    };
}
pub(crate) use on_both;

pub struct Node {
    pub hub: Hub,
    /// `http://name.test:port`
    pub origin: String,
    _stop: tokio::sync::watch::Sender<bool>,
    _store: TestStore,
}

impl Node {
    pub async fn start(name: &str) -> Node {
        Node::with(name, Options::default()).await
    }

    pub async fn with(name: &str, options: Options) -> Node {
        Node::at(name, options, None).await
    }

    /// `account_domain`: the host part of addresses, when it is not the host itself.
    pub async fn at(name: &str, options: Options, account_domain: Option<String>) -> Node {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let domain = format!("{name}.test:{}", listener.local_addr().unwrap().port());
        let origin = format!("http://{domain}");
        let config = Config {
            origin: origin.parse().unwrap(),
            account_domain: account_domain.unwrap_or(domain),
            trial: true,
            title: name.into(),
            description: String::new(),
            contact: String::new(),
            registrations: Registrations::Closed,
            networks: [(Network::ActivityPub, Mode::ReadWrite)].into(),
            limits: Default::default(),
            gate: Default::default(),
            remote_days: 30,
        };
        let store = TestStore::new(ENGINE.get()).await;
        let media = landbridge_media::Config::new(store.place.folder().join("media")).unwrap();
        let media = MediaStore::open(media).unwrap();
        let fetcher = Fetcher::new(Policy::trial("Landbridge-test")).unwrap();
        let hub = Hub::new(config, store.store.clone(), fetcher, media, &[7; 32]);
        let network = ActivityPub::new(options);
        hub.attach(vec![network.clone()]);
        let routes =
            http::router(network, hub.clone()).layer(axum::middleware::from_fn(http::redirect_documents));
        let (stop, stopped) = tokio::sync::watch::channel(false);
        tokio::spawn(hub.clone().run_outbox(stopped));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Node { hub, origin, _stop: stop, _store: store }
    }

    pub async fn member(&self, name: &str) -> Member {
        let networks = vec![(Network::ActivityPub, None)];
        let (name, password) = (name.into(), "correct horse".into());
        let new = NewMember { name, password, role: Role::Member, networks, link_identities: false };
        self.hub.create_member(new).await.unwrap()
    }

    /// `name@domain`
    pub fn address(&self, name: &str) -> String {
        self.hub.config().address(name)
    }

    /// Somebody elsewhere, looked up.
    pub async fn find(&self, address: &str) -> Actor {
        self.hub.find_actor(address).await.unwrap().unwrap_or_else(|| panic!("{address} is not found"))
    }

    /// Follows somebody elsewhere and waits until they have accepted.
    pub async fn follow(&self, member: &Member, address: &str) -> Actor {
        let target = self.find(address).await;
        let (hub, me, them) = (&self.hub, member.actor.id, target.id);
        hub.follow(me, them, Default::default(), None).await.unwrap();
        until("the follow is accepted", async || hub.relationship(me, them).await.unwrap().following).await;
        target
    }

    pub async fn publish(&self, draft: Draft) -> Post {
        self.hub.publish(draft, None).await.unwrap()
    }

    /// The newest posts on a member's home timeline, repeated until one of them passes.
    pub async fn sees(&self, member: &Member, what: &str, passes: impl Fn(&Post) -> bool) -> Post {
        let (deadline, who) = (Instant::now() + PATIENCE, member.actor.id);
        while Instant::now() < deadline {
            let home = self.hub.home(who, Default::default()).await.unwrap();
            if let Some(view) = home.into_iter().find(|v| passes(&v.post)) {
                return view.post;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never seen: {what}");
    }

    /// A post elsewhere, looked up by its id.
    pub async fn look_up(&self, member: &Member, url: &str) -> Option<Post> {
        let options = SearchOptions { posts: true, resolve: true, limit: 5, ..Default::default() };
        let found = self.hub.search(Some(member.actor.id), url, &options).await.unwrap();
        found.posts.into_iter().next().map(|view| view.post)
    }

    /// What a server sees at a URL of ours.
    pub async fn get(&self, url: &str) -> landbridge_fetch::Response {
        let accept = axum::http::HeaderValue::from_static("application/activity+json");
        let headers = axum::http::HeaderMap::from_iter([(axum::http::header::ACCEPT, accept)]);
        self.hub.fetcher().get(&url.parse().unwrap(), headers, 1 << 20).await.unwrap()
    }

    pub async fn json(&self, url: &str) -> serde_json::Value {
        let answer = self.get(url).await;
        assert!(answer.status.is_success(), "{url}: {}", answer.status);
        serde_json::from_slice(&answer.body).unwrap()
    }
}

const PATIENCE: Duration = Duration::from_secs(15);

pub async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub fn draft(author: &Member, text: &str) -> Draft {
    Draft { author: author.actor.id, text: text.into(), ..Draft::default() }
}
