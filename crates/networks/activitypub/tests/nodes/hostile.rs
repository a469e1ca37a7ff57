//! What must not get in: by real requests to a real inbox.

use super::support::{Node, draft};
use axum::http::{HeaderMap, HeaderValue, Method};
use bytes::Bytes;
use landbridge_activitypub::signature::{PrivateKey, cavage, key::ProofKey, proof};
use landbridge_hub::accounts::Member;
use landbridge_hub::{CopyKind, Page};
use landbridge_model::Network;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};
use url::Url;

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// A node with Alice, whose inbox is attacked, and one with Mallory, who has a proper key.
struct Scene {
    a: Node,
    m: Node,
    alice: Member,
    mallory: Member,
    key: PrivateKey,
}

impl Scene {
    async fn new() -> Scene {
        let (a, m) = (Node::start("a").await, Node::start("m").await);
        let (alice, mallory) = (a.member("alice").await, m.member("mallory").await);
        let key = m.hub.key(mallory.actor.id, Network::ActivityPub, "rsa").await.unwrap().unwrap();
        Scene { a, m, alice, mallory, key: PrivateKey::from_pkcs8(&key.secret).unwrap() }
    }

    fn actor(&self) -> String {
        format!("{}/users/mallory", self.m.origin)
    }

    fn inbox(&self) -> Url {
        format!("{}/inbox", self.a.origin).parse().unwrap()
    }

    /// A public note that mentions Alice.
    fn create(&self, id: &str) -> Value {
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

    fn signed(&self, body: &[u8], now: SystemTime) -> HeaderMap {
        let key_id = format!("{}#main-key", self.actor());
        cavage::sign(&Method::POST, &self.inbox(), Some(body), &key_id, &self.key, now).unwrap()
    }

    async fn post(&self, headers: HeaderMap, body: Vec<u8>) -> u16 {
        let fetcher = self.m.hub.fetcher();
        fetcher.post(&self.inbox(), headers, Bytes::from(body), 10_000).await.unwrap().status.as_u16()
    }

    /// Properly signed by Mallory.
    async fn send(&self, activity: &Value) -> u16 {
        let body = serde_json::to_vec(activity).unwrap();
        self.post(self.signed(&body, SystemTime::now()), body).await
    }

    async fn holds(&self, id: &str) -> bool {
        let copy = self.a.hub.copy(Network::ActivityPub, id).await.unwrap();
        copy.is_some_and(|c| c.kind == CopyKind::Post && c.state == landbridge_hub::CopyState::Live)
    }

    async fn nothing_arrived(&self) {
        let told = self.a.hub.notifications(self.alice.actor.id, &[], None, Page::default()).await.unwrap();
        assert!(told.is_empty(), "{told:?}");
    }
}

#[tokio::test]
async fn what_is_not_properly_signed_is_refused() {
    let s = Scene::new().await;
    let body = serde_json::to_vec(&s.create("1")).unwrap();
    let now = SystemTime::now();
    assert_eq!(s.post(HeaderMap::new(), body.clone()).await, 401, "unsigned");
    assert_eq!(
        s.post(s.signed(&body, now - Duration::from_secs(13 * 3600)), body.clone()).await,
        401,
        "too old"
    );
    assert_eq!(
        s.post(s.signed(&body, now + Duration::from_secs(3600)), body.clone()).await,
        401,
        "from the future"
    );
    assert_eq!(s.post(s.signed(b"{}", now), body.clone()).await, 401, "another body");
    let mut headers = s.signed(&body, now);
    headers.insert("date", HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_eq!(s.post(headers, body.clone()).await, 401, "another date");
    let stranger = PrivateKey::generate().unwrap();
    let key_id = format!("{}#main-key", s.actor());
    let forged = cavage::sign(&Method::POST, &s.inbox(), Some(&body), &key_id, &stranger, now).unwrap();
    assert_eq!(s.post(forged, body.clone()).await, 401, "another key");
    let unlisted = format!("{}#other-key", s.actor());
    let unlisted = cavage::sign(&Method::POST, &s.inbox(), Some(&body), &unlisted, &s.key, now).unwrap();
    assert_eq!(s.post(unlisted, body.clone()).await, 401, "a key that the actor does not list");
    s.nothing_arrived().await;
    assert_eq!(s.post(s.signed(&body, now), body).await, 202, "and the same, properly signed, is taken");
    assert!(s.holds(&format!("{}/1", s.m.origin)).await);
}

#[tokio::test]
async fn nobody_speaks_for_others() {
    let s = Scene::new().await;
    let bob = s.m.member("bob").await;
    let as_other = |field: &str, value: String| {
        let mut create = s.create("1");
        create[field] = value.into();
        create
    };
    let alice = format!("{}/users/alice", s.a.origin);
    assert_eq!(s.send(&as_other("actor", alice.clone())).await, 403, "as a member");
    let bob_id = format!("{}/users/{}", s.m.origin, bob.actor.username);
    // Not signed by Bob: nobody vouches for it, and it is not there when asked for.
    assert_ne!(s.send(&as_other("actor", bob_id)).await / 100, 5, "as somebody of the same server");
    let mut create = s.create("1");
    create["object"]["attributedTo"] = alice.into();
    assert_eq!(s.send(&create).await, 403, "somebody else's post");
    let mut create = s.create("1");
    create["object"]["id"] = format!("{}/users/alice/statuses/1", s.a.origin).into();
    assert_eq!(s.send(&create).await, 403, "a post of another host");
    let post = s.a.publish(draft(&s.alice, "mine")).await;
    let target = format!("{}/users/alice/statuses/{}", s.a.origin, post.id);
    let delete =
        json!({"id": format!("{}/d", s.m.origin), "type": "Delete", "actor": s.actor(), "object": target});
    assert_eq!(s.send(&delete).await, 403, "a delete of somebody else's post");
    assert!(s.a.hub.post(post.id).await.is_ok());
    s.nothing_arrived().await;
}

#[tokio::test]
async fn oversized_and_broken_documents_are_refused_cheaply() {
    let s = Scene::new().await;
    let send = async |body: Vec<u8>| s.post(s.signed(&body, SystemTime::now()), body).await;
    assert_eq!(send(vec![b' '; (1 << 20) + 1]).await, 413);
    let mut create = s.create("1");
    create["object"]["tag"] = Value::Array(vec![json!(1); 100_000]);
    assert_eq!(send(serde_json::to_vec(&create).unwrap()).await, 400, "a list of 100,000");
    assert_eq!(send(format!("{{\"a\":{}", "[".repeat(10_000)).into_bytes()).await, 400, "nested");
    assert_eq!(send(b"{\"actor\":\"\xff\xfe\"}".to_vec()).await, 400, "not UTF-8");
    assert_eq!(send(b"[]".to_vec()).await, 400);
    assert_eq!(send(b"{\"type\":\"Create\"}".to_vec()).await, 400, "no actor");
    s.nothing_arrived().await;
    let mut odd = s.create("2");
    odd["object"]["content"] = "<p>\u{0}<script>alert(1)</script>ok \u{202e}</p>".into();
    assert_eq!(s.send(&odd).await, 202);
    let copy = s.a.hub.copy(Network::ActivityPub, &format!("{}/2", s.m.origin)).await.unwrap().unwrap();
    assert_eq!(s.a.hub.post(copy.object).await.unwrap().text.text, "ok \u{202e}");
}

#[tokio::test]
async fn replays_have_no_second_effect() {
    let s = Scene::new().await;
    let (create, id) = (s.create("1"), format!("{}/1", s.m.origin));
    assert_eq!(s.send(&create).await, 202);
    assert_eq!(s.send(&create).await, 202);
    let told = s.a.hub.notifications(s.alice.actor.id, &[], None, Page::default()).await.unwrap();
    assert_eq!(told.len(), 1);
    let delete = json!({"id": format!("{id}#delete"), "type": "Delete", "actor": s.actor(), "object": id});
    assert_eq!(s.send(&delete).await, 202);
    assert!(!s.holds(&id).await);
    assert_eq!(s.send(&create).await, 202, "accepted, for it is old");
    assert!(!s.holds(&id).await, "and without effect");
}

#[tokio::test]
async fn a_key_that_cannot_be_had_now_is_asked_for_again_later() {
    let s = Scene::new().await;
    let away = "http://away.test:9/users/nobody";
    let activity =
        json!({"id": format!("{away}/1"), "type": "Like", "actor": away, "object": "http://x.test/1"});
    let body = serde_json::to_vec(&activity).unwrap();
    let key_id = format!("{away}#main-key");
    let headers =
        cavage::sign(&Method::POST, &s.inbox(), Some(&body), &key_id, &s.key, SystemTime::now()).unwrap();
    let answer = s.m.hub.fetcher().post(&s.inbox(), headers.clone(), Bytes::from(body), 1000).await.unwrap();
    assert_eq!(answer.status, 503);
    assert!(answer.retry_after().is_some());
    let delete = json!({"id": format!("{away}#d"), "type": "Delete", "actor": away, "object": away});
    let body = serde_json::to_vec(&delete).unwrap();
    let headers =
        cavage::sign(&Method::POST, &s.inbox(), Some(&body), &key_id, &s.key, SystemTime::now()).unwrap();
    assert_eq!(
        s.post(headers, body).await,
        202,
        "whoever is unknown may leave without being asked for a key"
    );
}

#[tokio::test]
async fn what_is_passed_on_is_believed_for_its_proof_or_asked_for() {
    let s = Scene::new().await;
    // Bob's post, passed on by Mallory: the server it comes from confirms it.
    let bob = s.m.member("bob").await;
    let text = format!("@alice@{} hello", s.a.hub.config().account_domain);
    let post = s.m.publish(draft(&bob, &text)).await;
    let bob_id = format!("{}/users/bob", s.m.origin);
    let id = format!("{bob_id}/statuses/{}", post.id);
    let mut create = s.create("x");
    create["actor"] = bob_id.as_str().into();
    create["id"] = format!("{id}/activity").into();
    create["object"] =
        json!({"id": id, "type": "Note", "attributedTo": bob_id, "content": "forged", "to": [PUBLIC]});
    assert_eq!(s.send(&create).await, 202);
    let copy = s.a.hub.copy(Network::ActivityPub, &id).await.unwrap().unwrap();
    let got = s.a.hub.post(copy.object).await.unwrap();
    assert!(got.text.text.contains("hello"), "as it is at home, not as it was passed on: {}", got.text.text);

    // With Bob's own proof nobody needs to be asked.
    let mut proved = s.create("proved");
    proved["actor"] = bob_id.as_str().into();
    proved["object"]["attributedTo"] = bob_id.as_str().into();
    let key = s.m.hub.key(bob.actor.id, Network::ActivityPub, "ed25519").await.unwrap().unwrap();
    let key = ProofKey::from_seed(&key.secret.try_into().unwrap()).unwrap();
    let key_id = format!("{bob_id}#ed25519-key");
    proof::sign(proved.as_object_mut().unwrap(), &key_id, &key, "2026-01-01T00:00:00Z");
    assert_eq!(s.send(&proved).await, 202);
    assert!(s.holds(&format!("{}/proved", s.m.origin)).await);

    // A relay of an activity (as groups do) is no better than its origin says.
    let other = s.m.publish(draft(&bob, &format!("@alice@{} again", s.a.hub.config().account_domain))).await;
    let id = format!("{bob_id}/statuses/{}", other.id);
    let inner = json!({
        "id": format!("{id}/activity"), "type": "Create", "actor": bob_id,
        "object": {"id": id, "type": "Note", "attributedTo": bob_id, "content": "forged", "to": [PUBLIC]}
    });
    let announce = json!({
        "id": format!("{}/announce", s.m.origin), "type": "Announce", "actor": s.actor(), "to": [PUBLIC], "object": inner
    });
    assert_eq!(s.send(&announce).await, 202);
    let copy = s.a.hub.copy(Network::ActivityPub, &id).await.unwrap().unwrap();
    assert!(s.a.hub.post(copy.object).await.unwrap().text.text.contains("again"));
    let _ = &s.mallory;
}
