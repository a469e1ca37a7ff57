//! The relay through its front door.

mod common;

use common::{Client, event, now, world};
use landbridge_nostr::{
    event::Keys,
    relay::{Rates, RelayLimits},
};
use serde_json::{Value, json};

#[tokio::test]
async fn publish_read_and_listen() {
    let w = world(RelayLimits::default()).await;
    let alice = w.member().await;
    let (mut a, mut b) = (w.client().await, w.client().await);
    assert!(b.stored(json!({"kinds": [1]})).await.unwrap().is_empty());
    let note = event(&alice, 1, now(), &[&["t", "x"]], "hello");
    assert_eq!(a.publish(&note).await, (true, String::new()));
    let live = b.next().await;
    assert_eq!((live[0].as_str(), live[2]["content"].as_str()), (Some("EVENT"), Some("hello")));
    assert!(a.publish(&note).await.1.starts_with("duplicate:"));
    for filter in [
        json!({"ids": [note.id]}),
        json!({"authors": [alice.public()], "kinds": [0, 1]}),
        json!({"#t": ["x"]}),
        json!({"since": note.created_at, "until": note.created_at}),
        json!({"limit": 1}),
    ] {
        assert_eq!(b.stored(filter.clone()).await.unwrap(), [note.id.to_string()], "{filter}");
    }
    assert!(b.stored(json!({"#t": ["y"]})).await.unwrap().is_empty());
    b.say(json!(["COUNT", "c", {"kinds": [1]}])).await;
    assert_eq!(b.next().await, json!(["COUNT", "c", {"count": 1}]));
    b.say(json!(["CLOSE", "s"])).await;
    a.publish(&event(&alice, 1, now(), &[&["t", "y"]], "unheard")).await;
    assert!(b.silent().await);
}

#[tokio::test]
async fn forged_changed_and_foreign_events_are_refused() {
    let w = world(RelayLimits::default()).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    let note = event(&alice, 1, now(), &[], "hello");
    let mut changed: Value = serde_json::from_str(&note.json).unwrap();
    changed["content"] = "bye".into();
    let (ok, why) = c.publish_json(&note.id.to_string(), changed).await;
    assert!(!ok && why.starts_with("invalid:"), "{why}");
    let mut forged: Value = serde_json::from_str(&note.json).unwrap();
    forged["sig"] = "0".repeat(128).into();
    let (ok, why) = c.publish_json(&note.id.to_string(), forged).await;
    assert!(!ok && why.starts_with("invalid:"), "{why}");
    let (ok, why) = c.publish(&event(&Keys::generate(), 1, now(), &[], "spam")).await;
    assert!(!ok && why.starts_with("restricted:"), "{why}");
    assert!(c.stored(json!({})).await.unwrap().is_empty());
    assert!(c.publish(&note).await.0, "a forged copy does not stand in the way of the real one");
}

#[tokio::test]
async fn a_forger_is_sent_away() {
    let w = world(RelayLimits::default()).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    for n in 0..25 {
        let mut forged: Value =
            serde_json::from_str(&event(&alice, 1, now(), &[], &n.to_string()).json).unwrap();
        forged["sig"] = "0".repeat(128).into();
        c.say(json!(["EVENT", forged])).await;
    }
    assert!(c.closed().await);
}

#[tokio::test]
async fn strangers_write_to_members_within_limits() {
    let rates = Rates { connection: 3, ..Rates::default() };
    let w = world(RelayLimits { rates, ..RelayLimits::default() }).await;
    let (alice, mut c) = (w.member().await, w.client().await);
    let me = alice.public().to_string();
    let greeting = event(&Keys::generate(), 1, now(), &[&["p", &me]], "hello");
    assert!(c.publish(&greeting).await.0);
    let reply = event(&Keys::generate(), 7, now(), &[&["e", &greeting.id.to_string()]], "+");
    assert!(c.publish(&reply).await.0);
    assert!(c.publish(&event(&Keys::generate(), 1, now(), &[&["p", &me]], "3")).await.0);
    let (ok, why) = c.publish(&event(&Keys::generate(), 1, now(), &[&["p", &me]], "4")).await;
    assert!(!ok && why.starts_with("rate-limited:"), "{why}");
    assert!(c.publish(&event(&alice, 1, now(), &[], "members are not limited")).await.0);
}

#[tokio::test]
async fn wraps_are_for_their_recipient_alone() {
    let w = world(RelayLimits::default()).await;
    let (alice, bob) = (w.member().await, w.member().await);
    let (me, mut a, mut b) = (alice.public().to_string(), w.client().await, w.client().await);
    let wrap = event(&Keys::generate(), 1059, now() - 90_000, &[&["p", &me]], "sealed");
    assert!(b.publish(&wrap).await.0);
    let seal = event(&alice, 13, now(), &[], "sealed");
    assert!(!b.publish(&seal).await.0);
    assert!(b.stored(json!({})).await.unwrap().is_empty());
    assert!(b.stored(json!({"ids": [wrap.id]})).await.unwrap().is_empty());
    assert!(b.stored(json!({"kinds": [1059], "#p": [me]})).await.unwrap_err().starts_with("auth-required:"));
    assert!(b.authenticate(&bob).await.0);
    assert!(b.stored(json!({"kinds": [1059], "#p": [me]})).await.unwrap_err().starts_with("restricted:"));
    assert!(b.stored(json!({"kinds": [1059]})).await.unwrap().is_empty());
    b.say(json!(["COUNT", "c", {"#p": [me]}])).await;
    assert_eq!(b.next().await, json!(["COUNT", "c", {"count": 0}]));
    assert!(a.authenticate(&alice).await.0);
    assert_eq!(a.stored(json!({"kinds": [1059], "#p": [me]})).await.unwrap(), [wrap.id.to_string()]);
    let second = event(&Keys::generate(), 1059, now(), &[&["p", &me]], "live");
    let mut c = w.client().await;
    assert!(c.publish(&second).await.0);
    assert_eq!(a.next().await[2]["content"], "live");
    assert!(b.silent().await);
    // The recipient may delete it.
    assert!(a.publish(&event(&alice, 5, now(), &[&["e", &wrap.id.to_string()], &["k", "1059"]], "")).await.0);
    assert_eq!(a.stored(json!({"kinds": [1059]})).await.unwrap(), [second.id.to_string()]);
}

#[tokio::test]
async fn deletions_and_vanishing_last() {
    let w = world(RelayLimits::default()).await;
    let (alice, bob, mut c) = (w.member().await, w.member().await, w.client().await);
    let (one, two) = (event(&alice, 1, now(), &[], "1"), event(&alice, 1, now() - 5, &[], "2"));
    let theirs = event(&bob, 1, now(), &[], "3");
    for e in [&one, &two, &theirs] {
        assert!(c.publish(e).await.0);
    }
    let request = event(&alice, 5, now(), &[&["e", &one.id.to_string()], &["e", &theirs.id.to_string()]], "");
    assert!(c.publish(&request).await.0);
    let left = c.stored(json!({"kinds": [1]})).await.unwrap();
    assert_eq!(left, [theirs.id.to_string(), two.id.to_string()]);
    let (ok, why) = c.publish(&one).await;
    assert!(!ok && why.starts_with("blocked:"), "{why}");
    let undo = event(&alice, 5, now() + 1, &[&["e", &request.id.to_string()]], "");
    assert!(c.publish(&undo).await.0);
    assert!(!c.publish(&one).await.0);
    let vanish = event(&alice, 62, now(), &[&["relay", w.relay.url()]], "bye");
    assert!(c.publish(&vanish).await.0);
    let left = c.stored(json!({"authors": [alice.public()], "until": now()})).await.unwrap();
    assert_eq!(left, [vanish.id.to_string()], "the request stays as proof");
    let (ok, why) = c.publish(&two).await;
    assert!(!ok && why.starts_with("blocked:"), "{why}");
}

#[tokio::test]
async fn replaceable_protected_expiring_ephemeral() {
    let w = world(RelayLimits::default()).await;
    let (alice, mut c, mut other) = (w.member().await, w.client().await, w.client().await);
    let versions = [event(&alice, 0, now(), &[], "new"), event(&alice, 0, now() - 9, &[], "old")];
    assert!(c.publish(&versions[0]).await.0);
    let (ok, why) = c.publish(&versions[1]).await;
    assert!(!ok && why.starts_with("duplicate:"), "{why}");
    assert_eq!(c.stored(json!({"kinds": [0]})).await.unwrap(), [versions[0].id.to_string()]);
    let protected = event(&alice, 1, now(), &[&["-"]], "mine");
    assert!(other.publish(&protected).await.1.starts_with("auth-required:"));
    assert!(other.authenticate(&alice).await.0);
    assert!(other.publish(&protected).await.0);
    let old = event(&alice, 1, now(), &[&["expiration", "1000"]], "");
    assert!(c.publish(&old).await.1.starts_with("invalid:"));
    assert!(other.stored(json!({"kinds": [20_001]})).await.unwrap().is_empty());
    assert!(c.publish(&event(&alice, 20_001, now(), &[], "passing")).await.0);
    assert_eq!(other.next().await[2]["content"], "passing");
    assert!(c.stored(json!({"kinds": [20_001]})).await.unwrap().is_empty());
}

#[tokio::test]
async fn requests_to_the_signer_pass_through() {
    let mut w = world(RelayLimits::default()).await;
    let mut c = w.client().await;
    let request = event(&Keys::generate(), 24_133, now(), &[&["p", &w.server.public().to_string()]], "x");
    assert!(c.publish(&request).await.0);
    assert_eq!(w.signer.recv().await.unwrap().id, request.id);
}

#[tokio::test]
async fn hostile_frames_do_no_harm() {
    let w = world(RelayLimits::default()).await;
    let mut c = w.client().await;
    for frame in [
        json!([]),
        json!({}),
        json!(["EVENT"]),
        json!(["EVENT", 1]),
        json!(["NOPE", "x"]),
        json!(["REQ", 1, {}]),
    ] {
        c.say(frame).await;
        assert_eq!(c.next().await[0], "NOTICE");
    }
    assert!(c.stored(json!({"ids": ["zz"]})).await.unwrap_err().starts_with("invalid:"));
    c.say(json!(["EVENT", "x".repeat(300_000)])).await;
    assert!(c.closed().await);
    assert!(Client::connect(w.address).await.stored(json!({})).await.unwrap().is_empty());
}
