//! Requests made by hand: one node with a member whose inbox they go to, one with somebody who has a proper key.

use super::support::Node;
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use landbridge_activitypub::signature::{PrivateKey, cavage};
use landbridge_hub::accounts::Member;
use landbridge_hub::{CopyKind, Page};
use landbridge_model::Network;
use serde_json::{Value, json};
use std::time::SystemTime;
use url::Url;

pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// A node with Alice, whose inbox is attacked, and one with Mallory, who has a proper key.
pub struct Scene {
    pub a: Node,
    pub m: Node,
    pub alice: Member,
    pub mallory: Member,
    pub key: PrivateKey,
}

impl Scene {
    pub async fn new() -> Scene {
        let (a, m) = (Node::start("a").await, Node::start("m").await);
        let (alice, mallory) = (a.member("alice").await, m.member("mallory").await);
        let key = m.hub.key(mallory.actor.id, Network::ActivityPub, "rsa").await.unwrap().unwrap();
        Scene { a, m, alice, mallory, key: PrivateKey::from_pkcs8(&key.secret).unwrap() }
    }

    pub fn actor(&self) -> String {
        format!("{}/users/mallory", self.m.origin)
    }

    pub fn inbox(&self) -> Url {
        format!("{}/inbox", self.a.origin).parse().unwrap()
    }

    /// A public note that mentions Alice.
    pub fn create(&self, id: &str) -> Value {
        let (actor, alice) = (self.actor(), format!("{}/users/alice", self.a.origin));
        json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": format!("{}/{id}/activity", self.m.origin), "type": "Create", "actor": actor, "to": [PUBLIC, alice],
            "object": {
                "id": format!("{}/{id}", self.m.origin), "type": "Note", "attributedTo": actor,
                "to": [PUBLIC, alice], "content": format!("<p>@alice {id}</p>"),
                "tag": [{"type": "Mention", "href": alice, "name": "@alice"}]
            }
        })
    }

    pub fn signed(&self, body: &[u8], now: SystemTime) -> HeaderMap {
        let key_id = format!("{}#main-key", self.actor());
        cavage::sign(&Method::POST, &self.inbox(), Some(body), &key_id, &self.key, now).unwrap()
    }

    pub async fn post(&self, headers: HeaderMap, body: Vec<u8>) -> u16 {
        let fetcher = self.m.hub.fetcher();
        fetcher.post(&self.inbox(), headers, Bytes::from(body), 10_000).await.unwrap().status.as_u16()
    }

    /// Properly signed by Mallory.
    pub async fn send(&self, activity: &Value) -> u16 {
        let body = serde_json::to_vec(activity).unwrap();
        self.post(self.signed(&body, SystemTime::now()), body).await
    }

    pub async fn holds(&self, id: &str) -> bool {
        let copy = self.a.hub.copy(Network::ActivityPub, id).await.unwrap();
        copy.is_some_and(|c| c.kind == CopyKind::Post && c.state == landbridge_hub::CopyState::Live)
    }

    pub async fn nothing_arrived(&self) {
        let told = self.a.hub.notifications(self.alice.actor.id, &[], None, Page::default()).await.unwrap();
        assert!(told.is_empty(), "{told:?}");
    }
}
