//! Follows of members, and answers to members' own.

use super::*;
use crate::support::test_hub;
use landbridge_hub::CopyKind;
use landbridge_store::{on_both_engines, testing::TestStore};

on_both_engines!(
    a_follow_is_accepted_and_answered,
    a_locked_account_is_asked,
    an_answer_by_somebody_else_counts_for_nothing,
    a_rejection_ends_the_follow,
    a_blocked_follower_gets_silence,
);

fn follow(name: &str) -> What {
    What::Follow { target: member_native(AP, name) }
}

async fn a_follow_is_accepted_and_answered(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.wide.take_staged();
    assert!(matches!(t.take(AP, "bob", Some("f1"), follow("alice")).await, Ok(Received::Stored(_))));
    assert_eq!(t.wide.take_staged(), ["accept follow"]);
    assert!(t.hub.relationship(alice.actor.id, bob).await.unwrap().followed_by);
    assert_eq!(t.hub.actor(alice.actor.id).await.unwrap().followers, 1);
    assert_eq!(t.told(&alice).await, [NotificationKind::Follow]);
    // Asked again by a new name: answered again, nothing else.
    assert_eq!(t.take(AP, "bob", Some("f2"), follow("alice")).await.unwrap(), Received::Duplicate);
    assert_eq!(t.wide.take_staged(), ["accept follow"]);
    assert_eq!(t.hub.actor(alice.actor.id).await.unwrap().followers, 1);
    assert_eq!(t.told(&alice).await.len(), 1);
    let copy = t.hub.copy(AP, "f2").await.unwrap().unwrap();
    assert_eq!(copy.kind, CopyKind::Follow);
    let replayed = ["f1", "f2"].map(|id| incoming(AP, "bob", Some(id), follow("alice")));
    let undo = What::Undo(landbridge_hub::Undone { id: Some("f2".into()), what: None });
    t.take(AP, "bob", None, undo).await.unwrap();
    assert_eq!(t.hub.actor(alice.actor.id).await.unwrap().followers, 0);
    for old in replayed {
        assert!(ignored(t.hub.receive(old.clone()).await), "{:?} was taken back", old.id);
    }
}

async fn a_locked_account_is_asked(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.hub.set_profile(alice.actor.id, Default::default(), true, false, None).await.unwrap();
    t.wide.take_staged();
    t.take(AP, "bob", Some("f1"), follow("alice")).await.unwrap();
    assert!(t.wide.take_staged().is_empty());
    assert_eq!(t.told(&alice).await, [NotificationKind::FollowRequest]);
    assert_eq!(t.take(AP, "bob", Some("f1"), follow("alice")).await.unwrap(), Received::Duplicate);
    assert_eq!(t.told(&alice).await.len(), 1);
    t.hub.accept_follow(alice.actor.id, bob).await.unwrap();
    assert_eq!(t.wide.take_staged(), ["accept follow"]);
    assert_eq!(t.hub.actor(alice.actor.id).await.unwrap().followers, 1);
}

async fn an_answer_by_somebody_else_counts_for_nothing(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.stranger(AP, "mallory").await;
    t.hub.follow(alice.actor.id, bob, Default::default(), None).await.unwrap();
    let yes = || What::FollowAccepted { follow: None, follower: Some(member_native(AP, "alice")) };
    assert!(ignored(t.take(AP, "mallory", None, yes()).await));
    assert!(t.hub.relationship(alice.actor.id, bob).await.unwrap().requested);
    t.take(AP, "bob", None, yes()).await.unwrap();
    assert!(t.hub.relationship(alice.actor.id, bob).await.unwrap().following);
    assert_eq!(t.take(AP, "bob", None, yes()).await.unwrap(), Received::Duplicate);
    assert_eq!(t.hub.actor(alice.actor.id).await.unwrap().following, 1);
}

async fn a_rejection_ends_the_follow(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    t.stored(AP, post_of(AP, "bob", "https://remote.example/1", "x")).await;
    let no = What::FollowRejected { follow: None, follower: Some(member_native(AP, "alice")) };
    t.take(AP, "bob", None, no).await.unwrap();
    let relation = t.hub.relationship(alice.actor.id, bob).await.unwrap();
    assert!(!relation.following && !relation.requested);
    assert!(t.home_of(&alice).await.is_empty());
    assert_eq!(t.hub.actor(alice.actor.id).await.unwrap().following, 0);
}

async fn a_blocked_follower_gets_silence(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.hub.block(alice.actor.id, bob).await.unwrap();
    t.wide.take_staged();
    assert!(ignored(t.take(AP, "bob", Some("f1"), follow("alice")).await));
    assert!(t.wide.take_staged().is_empty());
    assert!(ignored(t.take(AP, "bob", Some("f2"), follow("nobody")).await));
}
