//! Lighter sources than a whole stream: a Jetstream, and an AppView.

use crate::{
    elsewhere::{Elsewhere, LIKE, POST, post, subject},
    node::{Node, options},
    on_both,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use landbridge_atproto::{Options, Service, syntax::Did};
use landbridge_hub::{CopyKind, Draft};
use landbridge_model::Network;
use landbridge_store::EngineKind;
use serde_json::{Value, json};

on_both!(
    a_jetstream_says_where_and_the_server_proves_what,
    an_appview_says_what_is_aimed_at_members,
    an_appview_knows_the_answers_of_a_thread,
);

fn with_view(elsewhere: &Elsewhere) -> Options {
    let view =
        Service { url: elsewhere.origin.parse().unwrap(), did: Did::parse("did:web:view.test").unwrap() };
    Options { streams: Vec::new(), appview: Some(view), ..options(&elsewhere.origin) }
}

async fn a_jetstream_says_where_and_the_server_proves_what(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let options = Options {
        streams: Vec::new(),
        jetstreams: vec![elsewhere.origin.parse().unwrap()],
        ..options(&elsewhere.origin)
    };
    let mut node = Node::quiet(engine, options).await;
    node.follower("alice", &bob).await;
    node.read();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let uri = elsewhere.post(&bob, "heard of");
    assert_eq!(node.post(&uri).await.text.text, "heard of");
    elsewhere.write(&bob, &[(POST, uri.rsplit('/').next().unwrap(), None)]);
    node.until("deleted", async || node.here(&uri).await.is_none()).await;
    node.stop().await;
    let missed = elsewhere.post(&bob, "missed");
    elsewhere.post(&eve, "not asked for");
    node.read();
    node.post(&missed).await;
}

async fn an_appview_says_what_is_aimed_at_members(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let eve = elsewhere.person("eve");
    let mut node = Node::quiet(engine, with_view(&elsewhere)).await;
    let alice = node.member("alice").await;
    let draft = Draft { author: alice.id, text: "hello".into(), ..Draft::default() };
    let hello = node.hub.publish(draft, None).await.unwrap();
    let copy = node.hub.copy_on(CopyKind::Post, hello.id, Network::AtProto).await.unwrap().unwrap();
    let (like, _) = elsewhere.create(&eve, LIKE, subject(&(copy.native_id, copy.version.unwrap())));
    // One that is not there is passed over.
    let absent = format!("at://{eve}/{LIKE}/3kabsent");
    let notice = |uri: &str| json!({"uri": uri, "reason": "like", "indexedAt": "2026-01-01T00:00:00.000Z"});
    let answer = json!({"notifications": [notice(&absent), notice(&like), notice("at://nonsense"), 5]});
    elsewhere.lock().view.insert("app.bsky.notification.listNotifications", answer);
    node.read();
    node.until("liked", async || node.hub.post(hello.id).await.unwrap().likes == 1).await;
    let token = elsewhere.lock().tokens[0].strip_prefix("Bearer ").unwrap().to_owned();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(
        (claims["iss"].as_str(), claims["aud"].as_str()),
        (Some(node.did(&alice).await.as_str()), Some("did:web:view.test"))
    );
    assert_eq!(claims["lxm"], "app.bsky.notification.listNotifications");
}

async fn an_appview_knows_the_answers_of_a_thread(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let (root, cid) = elsewhere.create(&bob, POST, post("root"));
    let reference = json!({"uri": root, "cid": cid});
    let answer = |text: &str| {
        let record = json!({
            "text": text, "createdAt": "2026-01-01T00:00:00Z", "reply": {"root": reference, "parent": reference},
        });
        elsewhere.create(&eve, POST, record).0
    };
    let (shown, hidden) = (answer("shown"), answer("hidden"));
    let gate = json!({"post": root, "hiddenReplies": [hidden]});
    elsewhere.commit(&bob, &[("app.bsky.feed.threadgate", root.rsplit('/').next().unwrap(), Some(gate))]);
    let view = |uri: &str| json!({"post": {"uri": uri}});
    let thread =
        json!({"thread": {"post": {"uri": root}, "replies": [view(&shown), view(&hidden), view("at://x")]}});
    elsewhere.lock().view.insert("app.bsky.feed.getPostThread", thread);
    let node = Node::quiet(engine, with_view(&elsewhere)).await;
    let found = node.search(&root).await.unwrap();
    node.hub.backfill(found.id).await.unwrap();
    assert_eq!(node.here(&shown).await.unwrap().reply_to, Some(found.id));
    assert!(node.here(&hidden).await.is_none());
}
