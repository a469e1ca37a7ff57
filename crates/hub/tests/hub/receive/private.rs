//! Private posts: sealed, readable by their addressees alone.

use super::*;
use crate::support::{draft, draft_for, test_hub};
use landbridge_hub::{CopyKind, Draft, Page, gate::Scope};
use landbridge_model::Post;
use landbridge_store::{args, on_both_engines, query, testing::TestStore};

on_both_engines!(
    a_direct_post_is_sealed_for_its_addressees,
    whoever_is_only_spoken_of_reads_nothing,
    whose_post_a_message_is_about_hears_nothing_of_it,
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

/// Addressed to one, naming another: by its text as it came, and by an edit that calls itself public.
async fn whoever_is_only_spoken_of_reads_nothing(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    for network in [AP, Network::Nostr] {
        let bob = t.stranger(network, "bob").await;
        for member in [&alice, &anna] {
            t.follow_now(member, bob).await;
        }
        let spoken_of = mention_of(network, "bob", "", "anna").text;
        for (n, visibility) in [Visibility::Direct, Visibility::Followers].into_iter().enumerate() {
            // Followers read what is for followers; whoever is not one is not made one by being named.
            if visibility == Visibility::Followers {
                t.hub.unfollow(anna.actor.id, bob, None).await.unwrap();
            }
            let native = format!("https://remote.example/{network}/{n}");
            let post = InPost {
                visibility: Some(visibility),
                text: spoken_of.clone(),
                ..mention_of(network, "bob", &native, "alice")
            };
            let id = t.stored(network, post.clone()).await;
            let named = |post: &Post| post.mentions.iter().map(|m| m.actor).collect::<Vec<_>>();
            let held = t.hub.post(id).await.unwrap();
            assert_eq!(named(&held), [alice.actor.id]);
            assert!(t.hub.view(id, Some(alice.actor.id)).await.is_ok());
            assert!(t.hub.view(id, Some(anna.actor.id)).await.is_err());
            let edit = InPost {
                visibility: Some(Visibility::Public),
                updated: Some(Time::now()),
                published: Time(0),
                text: RichText::new(format!("{} again", spoken_of.text), spoken_of.marks.clone()),
                ..post
            };
            t.take(network, "bob", None, What::Edit(Box::new(edit))).await.unwrap();
            let held = t.hub.post(id).await.unwrap();
            assert_eq!((held.visibility, named(&held)), (visibility, vec![alice.actor.id]));
            assert!(t.hub.view(id, Some(anna.actor.id)).await.is_err());
        }
        let nobody = InPost {
            visibility: Some(Visibility::Direct),
            addressed: Vec::new(),
            ..mention_of(network, "bob", &format!("https://remote.example/{network}/9"), "alice")
        };
        assert!(ignored(t.post(network, nobody).await), "for nobody");
    }
    assert!(t.told(&anna).await.is_empty());
    assert!(t.hub.conversations(anna.actor.id, Page::default()).await.unwrap().is_empty());
}

/// From elsewhere, and by a member: neither asked nor told, not even uncounted.
async fn whose_post_a_message_is_about_hears_nothing_of_it(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let post = t.hub.publish(draft(&anna, "Mine"), None).await.unwrap();
    let native = t.hub.copy_on(CopyKind::Post, post.id, AP).await.unwrap().unwrap().native_id;
    let message = |id: &str| direct(&format!("https://remote.example/{id}"), "alice");
    t.stored(AP, InPost { quote: Some(native.clone()), quote_free: true, ..message("quote") }).await;
    t.stored(AP, InPost { reply_to: Some(native.clone()), ..message("answer") }).await;
    let to_nobody = InPost { addressed: Vec::new(), reply_to: Some(native), ..message("nobody") };
    assert!(ignored(t.post(AP, to_nobody).await));
    let by_alice = Draft { quote: Some(post.id), ..draft_for(&alice, "look", Visibility::Direct) };
    t.hub.publish(Draft { to: vec![bob], ..by_alice }, None).await.unwrap();
    let told = query("SELECT COUNT(*) FROM notifications WHERE member_id = ?1", args![anna.actor.id]);
    assert_eq!(t.hub.store().row(told).await.unwrap().unwrap().get::<i64>(0).unwrap(), 0);
    let asked = t.hub.contact_requests(anna.actor.id, &Scope::ALL, Page::default()).await.unwrap();
    assert!(asked.is_empty(), "{asked:?}");
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
