//! Members, keys, grants.

use crate::support::test_hub;
use futures_util::future::join_all;
use landbridge_hub::{
    HubError, NewKey,
    accounts::{NewApp, NewGrant, Once},
};
use landbridge_model::{ActorState, Network};
use landbridge_store::{Change, args, on_both_engines, query, testing::TestStore};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

on_both_engines!(
    names_are_taken_once,
    only_the_right_password_signs_in,
    keys_come_back_as_they_were,
    a_network_can_be_left_and_joined_again,
    grants_end,
    what_works_once_works_once,
    uses_of_grants_can_be_read,
);

async fn names_are_taken_once(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    assert_eq!(t.hub.member_named("alice").await.unwrap().actor.id, alice.actor.id);
    let again = landbridge_hub::accounts::NewMember {
        name: "Alice".into(),
        password: "another password".into(),
        role: alice.role,
        networks: vec![],
        link_identities: false,
    };
    assert!(matches!(t.hub.create_member(again.clone()).await, Err(HubError::Invalid(_))));
    // A deleted name is never given out again.
    t.hub.delete_member(alice.actor.id).await.unwrap();
    assert!(matches!(t.hub.member_named("alice").await, Err(HubError::NotFound)));
    assert!(matches!(t.hub.create_member(again).await, Err(HubError::Invalid(_))));
}

async fn only_the_right_password_signs_in(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    assert_eq!(
        t.hub.sign_in("@Alice@localhost:8840", "correct horse").await.unwrap().actor.id,
        alice.actor.id
    );
    assert!(matches!(t.hub.sign_in("alice", "wrong horse").await, Err(HubError::Unauthorized)));
    assert!(matches!(t.hub.sign_in("nobody", "correct horse").await, Err(HubError::Unauthorized)));
    assert!(matches!(t.hub.set_password(alice.actor.id, "short").await, Err(HubError::Invalid(_))));
    t.hub.set_password(alice.actor.id, "battery staple").await.unwrap();
    assert!(t.hub.sign_in("alice", "correct horse").await.is_err());
    assert!(t.hub.sign_in("alice", "battery staple").await.is_ok());
    t.hub.suspend(alice.actor.id, true).await.unwrap();
    assert!(matches!(t.hub.sign_in("alice", "battery staple").await, Err(HubError::Forbidden(_))));
}

static MADE: AtomicUsize = AtomicUsize::new(0);

/// Another one each time.
fn costly() -> NewKey {
    let secret = format!("key {}", MADE.fetch_add(1, Ordering::Relaxed)).into_bytes();
    NewKey { kind: "rsa", public: "server".into(), secret }
}

async fn keys_come_back_as_they_were(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await.actor.id;
    let key = t.hub.key(alice, Network::Nostr, "test").await.unwrap().unwrap();
    assert_eq!(key.secret, b"secret");
    assert_eq!(t.hub.public_key(alice, Network::Nostr, "test").await.unwrap().unwrap(), "nostr:alice");
    assert!(t.hub.key(alice, Network::Nostr, "other").await.unwrap().is_none());
    let replaced = NewKey { kind: "test", public: "new".into(), secret: b"other".to_vec() };
    t.hub.keep_key(alice, Network::Nostr, replaced).await.unwrap();
    assert_eq!(t.hub.key(alice, Network::Nostr, "test").await.unwrap().unwrap().secret, b"other");
    let all = (0..8).map(|_| t.hub.server_key(Network::ActivityPub, "rsa", costly));
    let all: Vec<_> = join_all(all).await.into_iter().map(|key| key.unwrap().secret).collect();
    assert!(all.windows(2).all(|two| two[0] == two[1]));
    let made = MADE.load(Ordering::Relaxed);
    assert!(made <= 2, "once for each engine, however many ask, not {made} times");
}

async fn a_network_can_be_left_and_joined_again(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member_on("alice", vec![(Network::ActivityPub, None)]).await.actor.id;
    assert!(t.hub.presence(alice, Network::Nostr).await.unwrap().is_none());
    t.hub.join_network(alice, Network::Nostr, None, None).await.unwrap();
    let first = t.hub.presence(alice, Network::Nostr).await.unwrap().unwrap();
    t.open.take_staged();
    t.hub.leave_network(alice, Network::Nostr).await.unwrap();
    assert_eq!(t.open.take_staged(), ["leave"]);
    t.hub.deactivate(alice).await.unwrap();
    assert!(t.open.take_staged().is_empty(), "a network that is off hears nothing");
    assert_eq!(t.hub.actor(alice).await.unwrap().state, ActorState::Deactivated);
    t.hub.reactivate(alice).await.unwrap();
    t.hub.join_network(alice, Network::Nostr, None, None).await.unwrap();
    assert_eq!(t.hub.presence(alice, Network::Nostr).await.unwrap().unwrap().native_id, first.native_id);
}

async fn grants_end(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await.actor.id;
    let new = NewApp {
        name: "App".into(),
        redirect_uris: vec!["urn:x".into()],
        scopes: "read write".into(),
        ..NewApp::default()
    };
    let (app, secret) = t.hub.create_app(new).await.unwrap();
    assert_eq!(t.hub.app_with_secret(&app.client_id, &secret).await.unwrap().redirect_uris, ["urn:x"]);
    assert!(t.hub.app_with_secret(&app.client_id, "guess").await.is_err());
    let new = NewGrant {
        member: Some(alice),
        app: Some(&app),
        purpose: "mastodon",
        name: "App",
        scopes: "read",
        ..NewGrant::default()
    };
    let (grant, token) = t.hub.grant(new.clone()).await.unwrap();
    let found = t.hub.grant_of(&token).await.unwrap();
    assert_eq!((found.id, found.member), (grant.id, Some(alice)));
    assert!(found.allows("read:statuses") && !found.allows("write:statuses"));
    t.hub.revoke(alice, grant.id).await.unwrap();
    assert!(matches!(t.hub.grant_of(&token).await, Err(HubError::Unauthorized)));
    assert!(matches!(t.hub.revoke(alice, grant.id).await, Err(HubError::NotFound)));
    let (_, short) = t.hub.grant(NewGrant { lifetime: Some(Duration::ZERO), ..new }).await.unwrap();
    assert!(matches!(t.hub.grant_of(&short).await, Err(HubError::Unauthorized)));
}

async fn what_works_once_works_once(store: TestStore) {
    let t = test_hub(store);
    let once = Once { purpose: "setup".into(), member: None, facts: serde_json::json!({"role": "owner"}) };
    let secret = t.hub.once(once, Duration::from_secs(60)).await.unwrap();
    assert!(t.hub.once_peek("setup", &secret).await.unwrap().is_some());
    assert!(t.hub.once_take("other", &secret).await.unwrap().is_none());
    let (a, b) = tokio::join!(t.hub.once_take("setup", &secret), t.hub.once_take("setup", &secret));
    let taken = [a.unwrap(), b.unwrap()];
    assert_eq!(taken.iter().flatten().count(), 1);
    assert_eq!(taken.iter().flatten().next().unwrap().facts["role"], "owner");
}

async fn uses_of_grants_can_be_read(store: TestStore) {
    let t = test_hub(store);
    let (alice, bob) = (t.member("alice").await.actor.id, t.member("bob").await.actor.id);
    let new = NewGrant {
        member: Some(alice),
        purpose: "mastodon",
        name: "App",
        scopes: "read",
        ..Default::default()
    };
    let (grant, _) = t.hub.grant(new).await.unwrap();
    for _ in 0..3 {
        t.hub.used(grant.id, "read:statuses");
    }
    t.hub.used(grant.id, "write:statuses");
    let written = t.hub.store().rows(query("SELECT 1 FROM grant_uses", args![])).await.unwrap();
    assert!(written.is_empty(), "a use costs no write");
    let seen = async || {
        let (_, uses) = t.hub.grant_with_uses(alice, grant.id).await.unwrap();
        uses.into_iter().map(|u| (u.what, u.uses)).collect::<std::collections::BTreeMap<_, _>>()
    };
    let expected = |reads| [("read:statuses".to_owned(), reads), ("write:statuses".to_owned(), 1)].into();
    assert_eq!(seen().await, expected(3));
    t.hub.used(grant.id, "read:statuses");
    assert_eq!(seen().await, expected(4), "counted on");
    assert!(t.hub.grants(alice).await.unwrap()[0].last_used_at.is_some());
    assert!(matches!(t.hub.grant_with_uses(bob, grant.id).await, Err(HubError::NotFound)));
    // It can be read when the grant has ended, for a while.
    t.hub.revoke(alice, grant.id).await.unwrap();
    assert_eq!(seen().await, expected(4));
    t.hub.store().write(Change::new("UPDATE grant_uses SET hour = ?1", args![1])).await.unwrap();
    t.hub.sweep().await.unwrap();
    assert!(seen().await.is_empty());
}
