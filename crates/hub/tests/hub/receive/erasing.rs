//! Erasure and retention.

use super::*;
use crate::support::{draft, test_hub};
use landbridge_hub::{CopyKind, accounts::Role};
use landbridge_store::{Change, ErasureJournal, args, on_both_engines, query, testing::TestStore};

on_both_engines!(
    an_erasure_leaves_no_row,
    who_is_gone_is_erased,
    an_erasure_is_done_again,
    what_is_used_outlives_retention
);

/// Columns, in all tables of the core, that name an actor.
const NAMES: &[(&str, &str)] = &[
    ("presences", "actor_id"),
    ("posts", "author_id"),
    ("copies", "actor_id"),
    ("mentions", "actor_id"),
    ("votes", "actor_id"),
    ("media", "owner_id"),
    ("reactions", "actor_id"),
    ("follows", "follower_id"),
    ("follows", "target_id"),
    ("blocks", "actor_id"),
    ("blocks", "target_id"),
    ("mutes", "target_id"),
    ("account_notes", "target_id"),
    ("notifications", "actor_id"),
    ("reports", "reporter_id"),
    ("pins", "actor_id"),
    ("contacts", "stranger_id"),
    ("contact_items", "stranger_id"),
    ("contact_log", "stranger_id"),
    ("actors", "id"),
    ("actors", "moved_to"),
];

/// Fills every kind of row about bob.
async fn lively(t: &TestHub) -> (Member, Id) {
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    t.take(AP, "bob", Some("f1"), What::Follow { target: member_native(AP, "alice") }).await.unwrap();
    let first = t.stored(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await;
    let media = landbridge_hub::InMedia {
        url: "https://remote.example/a.png".into(),
        preview_url: None,
        kind: landbridge_model::MediaKind::Image,
        mime: "image/png".into(),
        description: None,
        sensitive: false,
        meta: Default::default(),
    };
    let direct = InPost {
        visibility: Some(Visibility::Direct),
        ..mention_of(AP, "bob", "https://remote.example/2", "alice")
    };
    t.stored(AP, InPost { media: vec![media], tags: vec!["tag".into()], ..direct }).await;
    t.member("dora").await;
    let waiting = InPost {
        visibility: Some(Visibility::Direct),
        ..mention_of(AP, "bob", "https://remote.example/waiting", "dora")
    };
    t.post(AP, waiting).await.unwrap();
    let ours = t.hub.publish(draft(&alice, "Mine"), None).await.unwrap();
    let target = t.hub.copy_on(CopyKind::Post, ours.id, AP).await.unwrap().unwrap().native_id;
    t.take(
        AP,
        "bob",
        Some("l1"),
        What::React { target: target.clone(), content: String::new(), emoji: None },
    )
    .await
    .unwrap();
    t.take(AP, "bob", Some("r1"), What::Repost { target: target.clone(), visibility: Visibility::Public })
        .await
        .unwrap();
    t.take(AP, "bob", None, What::Pin { target: "https://remote.example/1".into() }).await.unwrap();
    t.take(
        AP,
        "bob",
        Some("p1"),
        What::Report { targets: vec![member_native(AP, "alice")], comment: String::new() },
    )
    .await
    .unwrap();
    t.hub.repost(alice.actor.id, first, None, None).await.unwrap();
    t.hub.react(alice.actor.id, first, "", None, None).await.unwrap();
    t.hub.bookmark(alice.actor.id, first, true).await.unwrap();
    t.hub.set_note(alice.actor.id, bob, "a friend").await.unwrap();
    (alice, bob)
}

async fn rows_about(t: &TestHub, actor: Id) -> Vec<String> {
    let mut found = Vec::new();
    for (table, column) in NAMES {
        let sql: &'static str =
            Box::leak(format!("SELECT 1 FROM {table} WHERE {column} = ?1").into_boxed_str());
        let rows = t.hub.store().rows(query(sql, args![actor])).await.unwrap();
        if !rows.is_empty() {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}

async fn an_erasure_leaves_no_row(store: TestStore) {
    let t = test_hub(store);
    let (alice, bob) = lively(&t).await;
    assert!(rows_about(&t, bob).await.len() >= 12);
    t.hub.erase(bob).await.unwrap();
    assert!(rows_about(&t, bob).await.is_empty(), "{:?}", rows_about(&t, bob).await);
    for sql in
        ["SELECT 1 FROM post_keys", "SELECT 1 FROM bookmarks", "SELECT 1 FROM tags", "SELECT 1 FROM awaited"]
    {
        assert!(t.hub.store().rows(query(sql, args![])).await.unwrap().is_empty(), "{sql}");
    }
    let actor = t.hub.actor(alice.actor.id).await.unwrap();
    assert_eq!((actor.followers, actor.following), (0, 0));
    let home = t.hub.home(alice.actor.id, Default::default()).await.unwrap();
    assert_eq!(home.len(), 1, "her own post");
    assert_eq!((home[0].post.likes, home[0].post.reposts), (0, 0));
    // What is dated before the erasure does not come back.
    let mut old = incoming(AP, "bob", None, What::Profile(Box::new(profile_of(AP, "bob"))));
    old.at = Time(Time::now().0 - 60_000);
    assert!(ignored(t.hub.receive(old).await));
    assert!(ignored(t.post_by_returned(mention_of(AP, "bob", "https://remote.example/1", "alice")).await));
}

async fn who_is_gone_is_erased(store: TestStore) {
    let t = test_hub(store);
    let (_, bob) = lively(&t).await;
    assert!(ignored(t.take(AP, "nobody", None, What::Gone).await));
    t.take(AP, "bob", None, What::Gone).await.unwrap();
    assert!(rows_about(&t, bob).await.is_empty());
    assert!(ignored(t.take(AP, "bob", None, What::Gone).await));
}

async fn an_erasure_is_done_again(store: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    let journal = ErasureJournal::new(&folder.path().join("erasures"));
    let t = test_hub(store);
    t.hub.note_erasures_in(journal.clone());
    let (alice, bob) = lively(&t).await;
    t.hub.erase(bob).await.unwrap();
    assert_eq!(journal.read().unwrap().len(), 1);
    assert_eq!(t.hub.erase_again().await.unwrap(), 0, "the database knows");
    // As after the restore of an older backup: bob is back, and the row of his erasure is not there.
    t.hub.store().write(Change::new("DELETE FROM erasures", args![])).await.unwrap();
    t.hub.store().write(Change::new("DELETE FROM tombstones", args![])).await.unwrap();
    let back = t.stranger(AP, "bob").await;
    t.stored(AP, mention_of(AP, "bob", "https://remote.example/9", "alice")).await;
    assert_eq!(t.hub.erase_again().await.unwrap(), 1);
    assert!(rows_about(&t, back).await.is_empty());
    assert_eq!(t.hub.erase_again().await.unwrap(), 0);
    // A member: the name is not free again, everything else is gone.
    let anna = t.member("anna").await;
    t.hub.publish(draft(&anna, "Mine"), None).await.unwrap();
    t.hub.erase(anna.actor.id).await.unwrap();
    assert!(t.hub.member(anna.actor.id).await.is_err());
    let again = landbridge_hub::accounts::NewMember {
        name: "anna".into(),
        password: "correct horse".into(),
        role: Role::Member,
        networks: Vec::new(),
        link_identities: false,
    };
    assert!(t.hub.create_member(again).await.is_err());
    let _ = alice;
}

async fn what_is_used_outlives_retention(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(t.stored(AP, post_of(AP, "bob", &format!("https://remote.example/{n}"), "x")).await);
    }
    t.hub.react(alice.actor.id, ids[0], "", None, None).await.unwrap();
    t.hub.bookmark(alice.actor.id, ids[1], true).await.unwrap();
    t.hub
        .publish(landbridge_hub::Draft { reply_to: Some(ids[2]), ..draft(&alice, "Yes") }, None)
        .await
        .unwrap();
    assert_eq!(t.hub.sweep().await.unwrap(), 0, "nothing is due");
    for sql in [
        "UPDATE posts SET kept_until = 1 WHERE kept_until IS NOT NULL",
        "UPDATE copies SET kept_until = 1 WHERE kept_until IS NOT NULL",
    ] {
        t.hub.store().write(Change::new(sql, args![])).await.unwrap();
    }
    assert_eq!(t.hub.sweep().await.unwrap(), 2);
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(t.hub.post(*id).await.is_ok(), n < 3, "{n}");
    }
    assert!(t.hub.original(AP, "https://remote.example/0").await.unwrap().is_none(), "originals go");
    // Forgotten is not deleted: it may come again.
    t.stored(AP, post_of(AP, "bob", "https://remote.example/4", "x")).await;
}

impl TestHub {
    /// Somebody who was erased and is fetched anew.
    async fn post_by_returned(&self, post: InPost) -> Result<Received, Refused> {
        self.stranger(AP, "bob").await;
        self.post(AP, post).await
    }
}
