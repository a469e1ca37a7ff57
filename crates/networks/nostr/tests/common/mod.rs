//! A hub on a fresh database, a relay on a loopback port, and a client that speaks plain frames.
#![allow(dead_code)]

use futures_util::{SinkExt, StreamExt};
use landbridge_fetch::{Fetcher, Policy};
use landbridge_hub::{Config, Hub, Limits, Mode, Registrations};
use landbridge_media::MediaStore;
use landbridge_model::Network;
use landbridge_nostr::{
    event::{Event, Keys, Tag, Template, kind},
    relay::{Relay, RelayLimits},
};
use landbridge_store::{Change, EngineKind, args, entities::nostr_events, testing::TestStore};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

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

/// Requests that may wait for the signer, which is the test itself.
pub const SIGNER_ROOM: usize = 16;

pub struct World {
    pub hub: Hub,
    pub relay: Relay,
    pub address: std::net::SocketAddr,
    pub server: Keys,
    pub signer: mpsc::Receiver<Event>,
    store: TestStore,
}

/// A hub without networks attached, as at `http://127.0.0.1:port`.
pub fn hub(port: u16, store: &TestStore) -> Hub {
    let folder = store.place.folder().join("media");
    let media = MediaStore::open(landbridge_media::Config::new(folder).unwrap()).unwrap();
    let config = Config {
        origin: format!("http://127.0.0.1:{port}").parse().unwrap(),
        account_domain: format!("127.0.0.1:{port}"),
        trial: true,
        title: "Test".into(),
        description: String::new(),
        contact: String::new(),
        registrations: Registrations::Closed,
        networks: BTreeMap::from([(Network::Nostr, Mode::ReadWrite)]),
        limits: Limits::default(),
        gate: Default::default(),
        remote_days: 30,
    };
    Hub::new(config, store.store.clone(), Fetcher::new(Policy::trial("test")).unwrap(), media, &[7; 32])
}

pub async fn world(engine: EngineKind, limits: RelayLimits) -> World {
    let store = TestStore::new(engine).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hub = hub(address.port(), &store);
    let server = Keys::generate();
    let (requests, signer) = mpsc::channel(SIGNER_ROOM);
    let relay = Relay::start(hub.clone(), server.public(), limits, requests);
    let router = relay.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    World { hub, relay, address, server, signer, store }
}

impl World {
    /// A member as far as the relay can tell.
    pub async fn member(&self) -> Keys {
        let keys = self.member_elsewhere().await;
        self.relay.members().refresh().await.unwrap();
        keys
    }

    /// The hub hears of what waits for it, and holds none of it.
    pub async fn hear(&self) {
        let (mut seqs, mut wraps) = (Vec::new(), HashMap::new());
        for mut row in self.hub.store().rows(nostr_events::pending(1_000)).await.unwrap() {
            let (seq, json): (i64, String) = (row.get(0).unwrap(), row.get(2).unwrap());
            let event = Event::from_json(&json).unwrap();
            if kind::is_wrap(event.kind) {
                wraps.insert(seq, event);
            }
            seqs.push(seq);
        }
        self.relay.heard(&seqs, wraps).await.unwrap();
    }

    /// A member who was made by another process: nobody tells the relay.
    pub async fn member_elsewhere(&self) -> Keys {
        let keys = Keys::generate();
        let id = self.hub.ids().next().0;
        let name = format!("m{id}");
        self.hub
            .store()
            .write(vec![
                Change::new("INSERT INTO actors (id, username, kind, created_at) VALUES (?1, ?2, 'person', 0)", args![id, &name]),
                Change::new(
                    "INSERT INTO members (actor_id, password_hash, role, sealed_key, created_at) VALUES (?1, '', 'member', ?2, 0)",
                    args![id, vec![0u8]],
                ),
                Change::new(
                    "INSERT INTO presences (network, native_id, actor_id, since) VALUES (2, ?1, ?2, 0)",
                    args![keys.public().to_string(), id],
                ),
            ])
            .await
            .unwrap();
        keys
    }

    pub async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Status, head and body of an ordinary request to the relay's address.
    pub async fn http(&self, method: &str, headers: &str) -> (u16, String, String) {
        let request = format!("{method} /relay HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
        let mut stream = tokio::net::TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
    }
}

pub fn now() -> i64 {
    landbridge_model::Time::now().secs()
}

pub fn tags(list: &[&[&str]]) -> Vec<Tag> {
    list.iter().map(|t| t.iter().map(|v| v.to_string()).collect()).collect()
}

pub fn event(by: &Keys, kind: u16, at: i64, list: &[&[&str]], content: &str) -> Event {
    by.sign(Template { created_at: at, kind, tags: tags(list), content: content.into() })
}

/// A client of plain frames.
pub struct Client {
    socket: WebSocketStream<tokio::net::TcpStream>,
    pub challenge: String,
    url: String,
    /// Requests so far: names of their subscriptions.
    requests: usize,
}

impl Client {
    pub async fn connect(address: std::net::SocketAddr) -> Client {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let url = format!("ws://{address}/relay");
        let (socket, _) = tokio_tungstenite::client_async(&url, stream).await.unwrap();
        let mut client = Client { socket, challenge: String::new(), url, requests: 0 };
        let greeting = client.next().await;
        assert_eq!(greeting[0], "AUTH");
        client.challenge = greeting[1].as_str().unwrap().to_owned();
        client
    }

    pub async fn say(&mut self, frame: Value) {
        assert!(self.try_say(frame).await);
    }

    /// Whether the relay still listens.
    pub async fn try_say(&mut self, frame: Value) -> bool {
        self.socket.send(Message::text(frame.to_string())).await.is_ok()
    }

    /// A text frame of bytes that need not be text.
    pub async fn say_bytes(&mut self, bytes: &[u8]) {
        use tokio_tungstenite::tungstenite::protocol::frame::{
            Frame,
            coding::{Data, OpCode},
        };
        let frame = Frame::message(bytes.to_vec(), OpCode::Data(Data::Text), true);
        self.socket.send(Message::Frame(frame)).await.unwrap();
    }

    pub async fn next(&mut self) -> Value {
        loop {
            let message = tokio::time::timeout(Duration::from_secs(10), self.socket.next())
                .await
                .expect("an answer in time");
            match message.expect("still connected").expect("well-formed") {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                _ => continue,
            }
        }
    }

    /// Nothing comes for a little while.
    pub async fn silent(&mut self) -> bool {
        tokio::time::timeout(Duration::from_millis(200), self.socket.next()).await.is_err()
    }

    /// The connection ends.
    pub async fn closed(&mut self) -> bool {
        let end = async { while let Some(Ok(_)) = self.socket.next().await {} };
        tokio::time::timeout(Duration::from_secs(5), end).await.is_ok()
    }

    /// Sends an event; gives the relay's yes or no and its words.
    pub async fn publish(&mut self, event: &Event) -> (bool, String) {
        self.publish_json(&event.id.to_string(), serde_json::from_str(&event.json).unwrap()).await
    }

    pub async fn publish_json(&mut self, id: &str, event: Value) -> (bool, String) {
        self.say(json!(["EVENT", event])).await;
        loop {
            let answer = self.next().await;
            if answer[0] == "OK" && answer[1] == id {
                return (answer[2].as_bool().unwrap(), answer[3].as_str().unwrap().to_owned());
            }
        }
    }

    pub async fn authenticate(&mut self, keys: &Keys) -> (bool, String) {
        let list: &[&[&str]] = &[&["relay", &self.url.clone()], &["challenge", &self.challenge.clone()]];
        let event = event(keys, 22242, now(), list, "");
        self.say(json!(["AUTH", serde_json::from_str::<Value>(&event.json).unwrap()])).await;
        let answer = self.next().await;
        (answer[2].as_bool().unwrap(), answer[3].as_str().unwrap().to_owned())
    }

    /// Ends the subscription that [`Client::stored`] left open.
    pub async fn unsubscribe(&mut self) {
        self.say(json!(["CLOSE", format!("s{}", self.requests)])).await;
    }

    /// Ids of the stored events that a filter finds; the subscription stays open, until the next one.
    pub async fn stored(&mut self, filter: Value) -> Result<Vec<String>, String> {
        self.unsubscribe().await;
        self.requests += 1;
        let sub = format!("s{}", self.requests);
        self.say(json!(["REQ", sub, filter])).await;
        let mut ids = Vec::new();
        loop {
            let answer = self.next().await;
            // What the one before was told meanwhile.
            if answer[1] != sub {
                continue;
            }
            match answer[0].as_str().unwrap() {
                "EVENT" => ids.push(answer[2]["id"].as_str().unwrap().to_owned()),
                "EOSE" => return Ok(ids),
                "CLOSED" => return Err(answer[2].as_str().unwrap().to_owned()),
                other => panic!("{other}"),
            }
        }
    }
}
