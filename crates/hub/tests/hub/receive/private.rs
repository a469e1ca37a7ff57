//! Private posts: sealed, readable by their addressees alone.

use super::*;
use crate::support::test_hub;
use landbridge_store::{args, on_both_engines, query, testing::TestStore};

on_both_engines!(
    a_direct_post_is_sealed_for_its_addressees,
    followers_only_posts_reach_followers,
    nothing_private_leaks
);

fn direct(id: &str, member: &str) -> InPost {
    InPost { visibility: Some(Visibility::Direct), ..mention_of(AP, "bob", id, member) }
}

async fn a_direct_post_is_sealed_for_its_addressees(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let id = t.stored(AP, direct("https://remote.example/1", "alice")).await;
    assert_eq!(t.told(&alice).await, [NotificationKind::Mention]);
    assert!(t.home_of(&alice).await.is_empty());
    assert_eq!(t.hub.view(id, Some(alice.actor.id)).await.unwrap().post.text.text, "@alice hello");
    assert!(t.hub.view(id, Some(anna.actor.id)).await.is_err());
    assert!(t.hub.view(id, None).await.is_err());
    // A like by somebody who cannot read it.
    t.stranger(AP, "mallory").await;
    let like = What::React { target: "https://remote.example/1".into(), content: String::new(), emoji: None };
    assert!(ignored(t.take(AP, "mallory", Some("l1"), like).await));
    let repost = What::Repost { target: "https://remote.example/1".into(), visibility: Visibility::Public };
    assert!(!matches!(t.take(AP, "mallory", Some("r1"), repost).await, Ok(Received::Stored(_))));
    // An edit stays as narrow as the post was.
    let edit = InPost {
        visibility: Some(Visibility::Public),
        updated: Some(Time::now()),
        published: Time(0),
        text: RichText::plain("changed"),
        ..direct("https://remote.example/1", "alice")
    };
    t.take(AP, "bob", None, What::Edit(Box::new(edit))).await.unwrap();
    let post = t.hub.post(id).await.unwrap();
    assert_eq!((post.visibility, post.text.text.as_str()), (Visibility::Direct, "changed"));
}

async fn followers_only_posts_reach_followers(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let post = InPost {
        visibility: Some(Visibility::Followers),
        ..post_of(AP, "bob", "https://remote.example/1", "Among us")
    };
    let id = t.stored(AP, post).await;
    assert_eq!(t.home_of(&alice).await, [id]);
    assert!(t.hub.view(id, Some(anna.actor.id)).await.is_err());
    t.stranger(AP, "carol").await;
    let nobody = InPost {
        visibility: Some(Visibility::Followers),
        ..post_of(AP, "carol", "https://remote.example/2", "x")
    };
    assert!(ignored(t.post(AP, nobody).await));
}

async fn nothing_private_leaks(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let mut post = direct("https://remote.example/1", "alice");
    post.tags = vec!["secrettag".into()];
    post.warning = Some("secretwarning".into());
    post.media = vec![landbridge_hub::InMedia {
        url: "https://remote.example/secretfile.png".into(),
        preview_url: None,
        kind: landbridge_model::MediaKind::Image,
        mime: "image/png".into(),
        description: Some("secretalt".into()),
        sensitive: false,
        meta: Default::default(),
    }];
    let id = t.stored(AP, post).await;
    assert_eq!(t.hub.post(id).await.unwrap().media[0].description.as_deref(), Some("secretalt"));
    assert_eq!(t.hub.original(AP, "https://remote.example/1").await.unwrap().unwrap(), "as it arrived");
    for sql in ["SELECT media FROM media", "SELECT name FROM tags"] {
        for mut row in t.hub.store().rows(query(sql, args![])).await.unwrap() {
            let text: String = row.get(0).unwrap();
            assert!(!text.contains("secret"), "{text}");
        }
    }
    for sql in ["SELECT body FROM posts", "SELECT original FROM copies WHERE original IS NOT NULL"] {
        for mut row in t.hub.store().rows(query(sql, args![])).await.unwrap() {
            let bytes: Vec<u8> = row.get(0).unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(
                !text.contains("secret") && !text.contains("arrived") && !text.contains("hello"),
                "{text}"
            );
        }
    }
    let words = t
        .hub
        .store()
        .rows(query("SELECT rowid FROM search_posts WHERE rowid = ?1", args![id]))
        .await
        .unwrap();
    assert!(words.is_empty());
}
