//! The same thing many times at once.

use super::*;
use crate::support::{draft, test_hub};
use futures_util::future::join_all;
use landbridge_hub::{CopyKind, Undone};
use landbridge_store::{args, on_both_engines, query, testing::TestStore};

on_both_engines!(
    one_post_twenty_times,
    one_like_twenty_times,
    one_new_author_twenty_times,
    follow_and_undo_at_once
);

async fn count(t: &TestHub, sql: &'static str) -> i64 {
    t.hub.store().row(query(sql, args![])).await.unwrap().unwrap().get(0).unwrap()
}

async fn one_post_twenty_times(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let post = || t.post(AP, mention_of(AP, "bob", "https://remote.example/1", "alice"));
    let outcomes = join_all((0..20).map(|_| post())).await;
    let stored = outcomes.iter().filter(|o| matches!(o, Ok(Received::Stored(_)))).count();
    let duplicates = outcomes.iter().filter(|o| matches!(o, Ok(Received::Duplicate))).count();
    assert_eq!((stored, duplicates), (1, 19), "{outcomes:?}");
    assert_eq!(count(&t, "SELECT COUNT(*) FROM posts").await, 1);
    assert_eq!(count(&t, "SELECT COUNT(*) FROM notifications").await, 1);
    assert_eq!(count(&t, "SELECT COUNT(*) FROM home").await, 1);
}

async fn one_like_twenty_times(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let post = t.hub.publish(draft(&alice, "Mine"), None).await.unwrap();
    let target = t.hub.copy_on(CopyKind::Post, post.id, AP).await.unwrap().unwrap().native_id;
    let like = || What::React { target: target.clone(), content: String::new(), emoji: None };
    let names: Vec<String> = (0..20).map(|n| format!("l{}", n % 4)).collect();
    let outcomes = join_all(names.iter().map(|name| t.take(AP, "bob", Some(name), like()))).await;
    assert_eq!(outcomes.iter().filter(|o| matches!(o, Ok(Received::Stored(_)))).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(t.hub.post(post.id).await.unwrap().likes, 1);
    assert_eq!(t.told(&alice).await.len(), 1);
}

async fn one_new_author_twenty_times(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.there(AP, "bob");
    let posts: Vec<InPost> =
        (0..20).map(|n| mention_of(AP, "bob", &format!("https://remote.example/{n}"), "alice")).collect();
    let outcomes = join_all(posts.into_iter().map(|post| t.post(AP, post))).await;
    assert!(outcomes.iter().all(|o| matches!(o, Ok(Received::Stored(_)))), "{outcomes:?}");
    assert_eq!(count(&t, "SELECT COUNT(*) FROM actors WHERE domain <> ''").await, 1);
    assert_eq!(t.told(&alice).await.len(), 20);
}

async fn follow_and_undo_at_once(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let follow = || What::Follow { target: member_native(AP, "alice") };
    let undo = || What::Undo(Undone { id: Some("f1".into()), what: Some(Box::new(follow())) });
    let begun = Time::now();
    let (follows, undone) = tokio::join!(
        join_all((0..5).map(|_| t.take(AP, "bob", Some("f1"), follow()))),
        t.take(AP, "bob", None, undo())
    );
    assert!(undone.is_ok() && follows.iter().all(Result::is_ok), "{follows:?}");
    t.take(AP, "bob", None, undo()).await.unwrap();
    // The same once more, of the same moment: a later one with that id could be a new follow.
    let replayed = t.hub.receive(Incoming { at: begun, ..incoming(AP, "bob", Some("f1"), follow()) }).await;
    assert!(replayed.is_ok());
    assert_eq!(count(&t, "SELECT COUNT(*) FROM follows").await, 0, "{follows:?}, {undone:?}, {replayed:?}");
    assert_eq!(t.hub.actor(alice.actor.id).await.unwrap().followers, 0);
}
