//! A hub on a fresh database, a relay on a loopback port, and a client that speaks plain frames.
#![allow(dead_code)]

use futures_util::{SinkExt, StreamExt};
use landbridge_fetch::{Fetcher, Policy};
use landbridge_hub::{Config, Hub, Limits, Mode, Registrations};
use landbridge_media::MediaStore;
use landbridge_model::Network;
use landbridge_nostr::{
    event::{Event, Keys, Tag, Template},
    relay::{Relay, RelayLimits},
};
use landbridge_store::{Change, Store, args};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

pub struct World {
    pub hub: Hub,
    pub relay: Relay,
    pub address: std::net::SocketAddr,
    pub server: Keys,
    pub signer: mpsc::Receiver<Event>,
    _dir: tempfile::TempDir,
}

/// A hub without networks attached, as at `http://127.0.0.1:port`.
pub async fn hub(port: u16, dir: &std::path::Path) -> Hub {
    let store = Store::open(&format!("sqlite:{}", dir.join("db").display())).await.unwrap();
    let media = MediaStore::open(landbridge_media::Config::new(dir.join("media")).unwrap()).unwrap();
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
        remote_days: 30,
    };
    Hub::new(config, store, Fetcher::new(Policy::trial("test")).unwrap(), media, &[7; 32])
}

pub async fn world(limits: RelayLimits) -> World {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hub = hub(address.port(), dir.path()).await;
    let server = Keys::generate();
    let (requests, signer) = mpsc::channel(16);
    let relay = Relay::start(hub.clone(), server.public(), limits, requests);
    let router = relay.router();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    World { hub, relay, address, server, signer, _dir: dir }
}

impl World {
    /// A member as far as the relay can tell.
    pub async fn member(&self) -> Keys {
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
        self.relay.members().refresh().await.unwrap();
        keys
    }

    pub async fn client(&self) -> Client {
        Client::connect(self.address).await
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
}

impl Client {
    pub async fn connect(address: std::net::SocketAddr) -> Client {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let url = format!("ws://{address}/relay");
        let (socket, _) = tokio_tungstenite::client_async(&url, stream).await.unwrap();
        let mut client = Client { socket, challenge: String::new(), url };
        let greeting = client.next().await;
        assert_eq!(greeting[0], "AUTH");
        client.challenge = greeting[1].as_str().unwrap().to_owned();
        client
    }

    pub async fn say(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
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

    /// Ids of the stored events that a filter finds; the subscription stays open.
    pub async fn stored(&mut self, filter: Value) -> Result<Vec<String>, String> {
        self.say(json!(["REQ", "s", filter])).await;
        let mut ids = Vec::new();
        loop {
            let answer = self.next().await;
            match answer[0].as_str().unwrap() {
                "EVENT" => ids.push(answer[2]["id"].as_str().unwrap().to_owned()),
                "EOSE" => return Ok(ids),
                "CLOSED" => return Err(answer[2].as_str().unwrap().to_owned()),
                other => panic!("{other}"),
            }
        }
    }
}
