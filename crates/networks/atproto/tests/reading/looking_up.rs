//! People, posts and threads, asked for.

use crate::{
    elsewhere::{Elsewhere, POST, PROFILE, post},
    node::{Node, options},
    on_both,
};
use landbridge_model::{Audience, Network};
use landbridge_store::EngineKind;
use serde_json::json;

on_both!(
    people_are_found_by_whatever_names_them,
    posts_bring_what_they_answer_and_who_may_answer,
    a_profile_shows_the_latest_posts,
    a_server_that_is_away_takes_nothing_from_what_is_known,
);

async fn people_are_found_by_whatever_names_them(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    elsewhere.commit(&bob, &[(PROFILE, "self", Some(json!({
        "displayName": "Bob", "description": "I am Bob",
        "labels": {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]},
    })))]);
    let node = Node::quiet(engine, options(&elsewhere.origin)).await;
    let first = node.find("bob.elsewhere.test").await;
    assert_eq!(first.acct(), "bob.elsewhere.test@at.landbridge.test");
    assert_eq!((first.profile.display_name.as_str(), first.profile.members_only), ("Bob", true));
    for name in [
        bob.to_string(),
        format!("at://{bob}"),
        format!("at://{bob}/{PROFILE}/self"),
        format!("https://bsky.app/profile/{bob}"),
        "@bob.elsewhere.test".into(),
        "bob.elsewhere.test@at.landbridge.test".into(),
    ] {
        assert_eq!(node.find(&name).await.id, first.id, "{name}");
    }
    assert!(node.hub.find_actor("nobody.elsewhere.test").await.unwrap().is_none());
}

async fn posts_bring_what_they_answer_and_who_may_answer(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let (root, cid) = elsewhere.create(&bob, POST, post("root"));
    let rkey = root.rsplit('/').next().unwrap();
    elsewhere.commit(&bob, &[
        ("app.bsky.feed.threadgate", rkey, Some(json!({"post": root, "allow": [{"$type": "app.bsky.feed.threadgate#followingRule"}]}))),
        ("app.bsky.feed.postgate", rkey, Some(json!({"post": root, "embeddingRules": [{"$type": "app.bsky.feed.postgate#disableRule"}]}))),
    ]);
    let above = json!({"uri": root, "cid": cid});
    let (answer, _) = elsewhere.create(
        &eve,
        POST,
        json!({
            "text": "answer", "createdAt": "2026-01-01T00:00:00Z", "reply": {"root": above, "parent": above},
        }),
    );
    let node = Node::quiet(engine, options(&elsewhere.origin)).await;
    assert_eq!(node.search(&answer).await.unwrap().text.text, "answer");
    let root = node.here(&root).await.unwrap();
    assert_eq!((root.reply_policy, root.quote_policy), (Audience::Following, Audience::Nobody));
    assert_eq!(node.here(&answer).await.unwrap().reply_to, Some(root.id));
}

async fn a_profile_shows_the_latest_posts(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let uris: Vec<String> = (0..3).map(|n| elsewhere.post(&bob, &format!("post {n}"))).collect();
    let node = Node::quiet(engine, options(&elsewhere.origin)).await;
    node.find(bob.as_str()).await;
    let translator = node.hub.translator(Network::AtProto).unwrap().clone();
    for incoming in translator.recent(&node.hub, bob.as_str()).await.unwrap() {
        node.hub.receive(incoming).await.unwrap();
    }
    for uri in uris {
        assert!(node.here(&uri).await.is_some());
    }
}

async fn a_server_that_is_away_takes_nothing_from_what_is_known(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    elsewhere.commit(&bob, &[(PROFILE, "self", Some(json!({"displayName": "Bob"})))]);
    let node = Node::quiet(engine, options(&elsewhere.origin)).await;
    node.find(bob.as_str()).await;
    elsewhere.lock().failing.push("com.atproto.sync.getRecord");
    let translator = node.hub.translator(Network::AtProto).unwrap().clone();
    assert!(translator.fetch(&node.hub, bob.as_str()).await.is_err());
    assert_eq!(node.known(&bob).await.unwrap().profile.display_name, "Bob");
    // A stranger is somebody without a profile too.
    let eve = elsewhere.person("eve");
    assert_eq!(node.find(eve.as_str()).await.username, "eve.elsewhere.test");
}
