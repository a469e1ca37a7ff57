//! Posts: who sees them, what is kept of them, edits and deletes.

use super::*;
use crate::support::{draft, test_hub};
use landbridge_hub::{CopyKind, moderation::Rule};
use landbridge_model::Audience;
use landbridge_store::{on_both_engines, testing::TestStore};
use std::time::Duration;

on_both_engines!(
    a_followed_author_is_read_at_home,
    what_concerns_nobody_is_not_kept,
    a_mention_is_told_once,
    an_unknown_author_is_fetched,
    replies_to_strangers_stay_off_home,
    a_missing_parent_is_fetched_but_told_to_nobody,
    a_fetched_post_that_arrives_later_is_told_then,
    a_post_that_is_fetched_while_it_arrives_is_told,
    an_edit_by_the_author_only_and_only_when_newer,
    an_edit_of_an_old_post_that_is_not_here_is_no_news,
    without_a_date_only_other_words_are_an_edit,
    a_delete_leaves_nothing_and_stays,
    only_the_owner_deletes,
    a_blocked_host_is_refused,
    a_limited_host_reaches_only_followers,
    blocks_and_mutes_hold,
    what_a_mute_takes_off_home_comes_back,
    what_names_the_unwanted_is_not_shown,
    languages_and_reposts_filter,
    odd_posts_are_refused,
    old_posts_have_ids_of_their_own,
);

async fn a_followed_author_is_read_at_home(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let id = t.stored(AP, post_of(AP, "bob", "https://remote.example/1", "Hello")).await;
    assert_eq!(t.home_of(&alice).await, [id]);
    let post = t.hub.post(id).await.unwrap();
    assert_eq!((post.author, post.origin, post.text.text.as_str()), (bob, Some(AP), "Hello"));
    assert_eq!(t.hub.original(AP, "https://remote.example/1").await.unwrap().unwrap(), "as it arrived");
    assert!(t.told(&alice).await.is_empty());
    let again = t.post(AP, post_of(AP, "bob", "https://remote.example/1", "Hello")).await.unwrap();
    assert_eq!(again, Received::Duplicate);
}

async fn what_concerns_nobody_is_not_kept(store: TestStore) {
    let t = test_hub(store);
    t.member("alice").await;
    t.stranger(AP, "bob").await;
    assert!(ignored(t.post(AP, post_of(AP, "bob", "https://remote.example/1", "Hello")).await));
    assert!(t.hub.copy(AP, "https://remote.example/1").await.unwrap().is_none());
}

async fn a_mention_is_told_once(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(NOSTR, "carol").await;
    let id = t.stored(NOSTR, mention_of(NOSTR, "carol", "ev1", "alice")).await;
    assert_eq!(t.told(&alice).await, [NotificationKind::Mention]);
    assert_eq!(t.post(NOSTR, mention_of(NOSTR, "carol", "ev1", "alice")).await.unwrap(), Received::Duplicate);
    assert_eq!(t.told(&alice).await.len(), 1);
    assert_eq!(t.hub.post(id).await.unwrap().mentions[0].actor, alice.actor.id);
    assert!(t.home_of(&alice).await.is_empty(), "not followed");
}

async fn an_unknown_author_is_fetched(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let unfetched = t.post(AP, mention_of(AP, "dora", "https://remote.example/d1", "alice")).await;
    assert!(matches!(unfetched, Err(Refused::Later(_))), "{unfetched:?}");
    t.there(AP, "erin");
    t.stored(AP, mention_of(AP, "erin", "https://remote.example/e1", "alice")).await;
    let erin = t.hub.actor_by_native(AP, &native(AP, "erin")).await.unwrap().unwrap();
    assert_eq!(erin.acct(), "erin@remote.example");
    assert_eq!(t.told(&alice).await.len(), 1);
}

async fn replies_to_strangers_stay_off_home(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    let carol = t.stranger(AP, "carol").await;
    t.follow_now(&alice, bob).await;
    t.can_fetch(
        AP,
        "https://remote.example/c",
        incoming(
            AP,
            "carol",
            None,
            What::Post(Box::new(post_of(AP, "carol", "https://remote.example/c", "First"))),
        ),
    );
    let reply = |id: &str, to: &str| InPost { reply_to: Some(to.into()), ..post_of(AP, "bob", id, "I see") };
    let to_carol = t.stored(AP, reply("https://remote.example/1", "https://remote.example/c")).await;
    assert!(t.home_of(&alice).await.is_empty());
    assert_eq!(t.hub.post(to_carol).await.unwrap().reply_to_author, Some(carol));
    // To nobody known: not at home either. To the author: a thread, shown.
    t.stored(AP, reply("https://remote.example/2", "https://gone.example/x")).await;
    assert!(t.home_of(&alice).await.is_empty());
    let more = t.stored(AP, reply("https://remote.example/3", "https://remote.example/1")).await;
    assert_eq!(t.home_of(&alice).await, [more]);
    t.follow_now(&alice, carol).await;
    let now = t.stored(AP, reply("https://remote.example/4", "https://remote.example/c")).await;
    assert!(t.home_of(&alice).await.contains(&now));
}

async fn a_missing_parent_is_fetched_but_told_to_nobody(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.stranger(AP, "carol").await;
    let parent = mention_of(AP, "carol", "https://remote.example/p", "alice");
    t.can_fetch(AP, "https://remote.example/p", incoming(AP, "carol", None, What::Post(Box::new(parent))));
    let reply = InPost {
        reply_to: Some("https://remote.example/p".into()),
        ..mention_of(AP, "bob", "https://remote.example/r", "alice")
    };
    let reply = t.stored(AP, reply).await;
    let parent = t.hub.copy(AP, "https://remote.example/p").await.unwrap().unwrap().object;
    let reply = t.hub.post(reply).await.unwrap();
    assert_eq!((reply.reply_to, reply.root), (Some(parent), parent));
    assert_eq!(t.hub.post(parent).await.unwrap().replies, 1);
    assert_eq!(t.told(&alice).await.len(), 1, "of the reply only");
}

async fn a_fetched_post_that_arrives_later_is_told_then(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let post = mention_of(AP, "bob", "https://remote.example/1", "alice");
    let mut fetched = incoming(AP, "bob", None, What::Post(Box::new(post.clone())));
    fetched.via = Via::Fetched;
    assert!(matches!(t.hub.receive(fetched.clone()).await, Ok(Received::Stored(Some(_)))));
    assert!(t.told(&alice).await.is_empty());
    assert!(t.home_of(&alice).await.is_empty());
    let id = t.stored(AP, post.clone()).await;
    assert_eq!(t.told(&alice).await, [NotificationKind::Mention]);
    assert_eq!(t.home_of(&alice).await, [id]);
    assert_eq!(t.post(AP, post).await.unwrap(), Received::Duplicate);
    assert_eq!(t.hub.receive(fetched).await.unwrap(), Received::Duplicate);
    assert_eq!(t.told(&alice).await.len(), 1);
}

async fn a_post_that_is_fetched_while_it_arrives_is_told(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    for n in 1..=10 {
        let post = mention_of(AP, "bob", &format!("https://remote.example/{n}"), "alice");
        let arrives = incoming(AP, "bob", None, What::Post(Box::new(post)));
        let fetched = Incoming { via: Via::Fetched, ..arrives.clone() };
        let (fetched, arrived) = tokio::join!(t.hub.receive(fetched), t.hub.receive(arrives));
        assert!(matches!(arrived, Ok(Received::Stored(Some(_)))), "{n}: {arrived:?}");
        assert!(fetched.is_ok(), "{n}: {fetched:?}");
        assert_eq!((t.told(&alice).await.len(), t.home_of(&alice).await.len()), (n, n));
    }
}

async fn an_edit_by_the_author_only_and_only_when_newer(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.stranger(AP, "mallory").await;
    t.follow_now(&alice, bob).await;
    let url = "https://remote.example/1";
    let long_ago = Time(Time::now().0 - 600_000);
    let first = InPost { published: long_ago, ..post_of(AP, "bob", url, "Frist") };
    let id = t.stored(AP, first.clone()).await;
    let at = |ms: i64, text: &str| InPost {
        updated: Some(Time(long_ago.0 + ms)),
        text: RichText::plain(text),
        visibility: Some(Visibility::Public),
        ..first.clone()
    };
    let edit = |post: InPost, who: &str| incoming(AP, who, None, What::Edit(Box::new(post)));
    assert!(matches!(t.hub.receive(edit(at(2000, "Second"), "bob")).await, Ok(Received::Stored(_))));
    assert!(ignored(t.hub.receive(edit(at(1000, "Between"), "bob")).await), "older than what is held");
    assert_eq!(t.hub.post(id).await.unwrap().text.text, "Second");
    assert!(refused(t.hub.receive(edit(at(9000, "Mine"), "mallory")).await));
    let mut stolen = at(9000, "Mine");
    stolen.author = native(AP, "mallory");
    assert!(refused(t.hub.receive(edit(stolen, "mallory")).await));
    assert!(t.hub.receive(edit(at(2000, "Second"), "bob")).await.is_ok());
    let history = t.hub.history(id, Some(alice.actor.id)).await.unwrap();
    assert_eq!(history.iter().map(|(_, p)| p.text.text.as_str()).collect::<Vec<_>>(), ["Frist", "Second"]);
}

async fn an_edit_of_an_old_post_that_is_not_here_is_no_news(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    t.stranger(AP, "carol").await;
    let old = |post: InPost| InPost { published: Time(1_600_000_000_000), ..post };
    let edit = |post: InPost| What::Edit(Box::new(InPost { updated: Some(Time::now()), ..post }));
    let post = old(mention_of(AP, "bob", "https://remote.example/1", "alice"));
    let Received::Stored(Some(id)) = t.take(AP, "bob", None, edit(post.clone())).await.unwrap() else {
        panic!("it concerns alice");
    };
    assert!(t.home_of(&alice).await.is_empty() && t.told(&alice).await.is_empty());
    let nobodys = old(post_of(AP, "carol", "https://remote.example/2", "x"));
    assert!(ignored(t.take(AP, "carol", None, edit(nobodys)).await));
    // The post itself, should it still come, is told as ever; so is a new one that its edit overtook.
    t.stored(AP, post).await;
    assert_eq!((t.home_of(&alice).await, t.told(&alice).await.len()), (vec![id], 1));
    let new = mention_of(AP, "bob", "https://remote.example/3", "alice");
    t.take(AP, "bob", None, edit(new)).await.unwrap();
    assert_eq!(t.told(&alice).await.len(), 2);
}

async fn without_a_date_only_other_words_are_an_edit(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let first = InPost {
        published: Time(Time::now().0 - 600_000),
        ..post_of(AP, "bob", "https://remote.example/1", "Hello")
    };
    let id = t.stored(AP, first.clone()).await;
    let now = async |post: &InPost| {
        let _ = t.take(AP, "bob", None, What::Edit(Box::new(post.clone()))).await.unwrap();
        let versions = t.hub.history(id, Some(alice.actor.id)).await.unwrap().len();
        (t.hub.post(id).await.unwrap(), versions)
    };
    // Another rule, and a tag beside the text.
    let closed = InPost { quote_policy: Audience::Nobody, tags: vec!["x".into()], ..first.clone() };
    let (post, versions) = now(&closed).await;
    assert_eq!((post.quote_policy, post.edited_at, versions), (Audience::Nobody, None, 1));
    let (post, versions) = now(&InPost { text: RichText::plain("Hello!"), ..closed.clone() }).await;
    assert_eq!((post.text.text.as_str(), post.edited_at.is_some(), versions), ("Hello!", true, 2));
    // An older version's rule does not come back.
    let old = InPost { updated: Some(Time(first.published.0 + 1)), ..first };
    assert_eq!(now(&old).await.0.quote_policy, Audience::Nobody);
}

async fn a_delete_leaves_nothing_and_stays(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let post = mention_of(AP, "bob", "https://remote.example/1", "alice");
    let id = t.stored(AP, post.clone()).await;
    let delete = What::Delete { target: "https://remote.example/1".into() };
    assert!(matches!(t.take(AP, "bob", None, delete.clone()).await, Ok(Received::Stored(_))));
    assert!(t.hub.post(id).await.is_err());
    assert!(t.home_of(&alice).await.is_empty());
    assert!(t.told(&alice).await.is_empty());
    assert!(ignored(t.post(AP, post).await), "delivered again");
    // Before it was ever seen.
    t.take(AP, "bob", None, What::Delete { target: "https://remote.example/2".into() }).await.unwrap();
    assert!(ignored(t.post(AP, mention_of(AP, "bob", "https://remote.example/2", "alice")).await));
    assert!(t.take(AP, "bob", None, delete).await.is_ok());
}

async fn only_the_owner_deletes(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.stranger(AP, "mallory").await;
    let id = t.stored(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await;
    let delete = |target: &str| What::Delete { target: target.into() };
    assert!(refused(t.take(AP, "mallory", None, delete("https://remote.example/1")).await));
    // Closing an id before it is seen closes it for oneself alone.
    t.take(AP, "mallory", None, delete("https://remote.example/2")).await.unwrap();
    t.stored(AP, mention_of(AP, "bob", "https://remote.example/2", "alice")).await;
    let ours = t.hub.publish(draft(&alice, "Mine"), None).await.unwrap();
    let native_id = t.hub.copy_on(CopyKind::Post, ours.id, AP).await.unwrap().unwrap().native_id;
    assert!(refused(t.take(AP, "mallory", None, delete(&native_id)).await));
    assert!(t.hub.post(id).await.is_ok() && t.hub.post(ours.id).await.is_ok());
}

async fn a_blocked_host_is_refused(store: TestStore) {
    let t = test_hub(store);
    t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.hub.set_domain_rule("example", Some(Rule::Block), "").await.unwrap();
    assert!(refused(t.post(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await));
    t.hub.set_domain_rule("remote.example", Some(Rule::Allow), "").await.unwrap();
    t.stored(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await;
    assert!(t.hub.set_domain_rule("localhost", Some(Rule::Block), "").await.is_err(), "this very server");
}

async fn a_limited_host_reaches_only_followers(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    t.hub.set_domain_rule("remote.example", Some(Rule::Limit), "").await.unwrap();
    t.stored(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await;
    assert_eq!(t.told(&alice).await, [NotificationKind::Mention]);
    t.post(AP, mention_of(AP, "bob", "https://remote.example/2", "anna")).await.unwrap();
    assert!(t.told(&anna).await.is_empty());
}

async fn blocks_and_mutes_hold(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.hub.block(alice.actor.id, bob).await.unwrap();
    assert!(ignored(t.post(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await));
    t.follow_now(&anna, bob).await;
    t.hub.mute(anna.actor.id, bob, true, None).await.unwrap();
    t.stored(AP, mention_of(AP, "bob", "https://remote.example/2", "anna")).await;
    assert!(t.told(&anna).await.is_empty() && t.home_of(&anna).await.is_empty());
    assert!(t.told(&alice).await.is_empty());
    let carol = t.stranger(AP, "carol").await;
    t.hub.block_domain(anna.actor.id, "remote.example", true).await.unwrap();
    assert!(ignored(t.post(AP, mention_of(AP, "carol", "https://remote.example/3", "anna")).await));
    let _ = carol;
}

async fn what_a_mute_takes_off_home_comes_back(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (bob, carol) = (t.stranger(AP, "bob").await, t.stranger(AP, "carol").await);
    t.follow_now(&alice, bob).await;
    let before = t.stored(AP, post_of(AP, "bob", "https://remote.example/1", "Before")).await;
    let me = alice.actor.id;
    t.hub.mute(me, bob, true, None).await.unwrap();
    let quiet = InPost {
        visibility: Some(Visibility::Followers),
        ..post_of(AP, "bob", "https://remote.example/2", "Meanwhile")
    };
    let meanwhile = t.stored(AP, quiet).await;
    t.can_fetch(
        AP,
        "https://remote.example/c",
        incoming(
            AP,
            "carol",
            None,
            What::Post(Box::new(post_of(AP, "carol", "https://remote.example/c", "First"))),
        ),
    );
    let reply = InPost {
        reply_to: Some("https://remote.example/c".into()),
        ..post_of(AP, "bob", "https://remote.example/3", "To a stranger")
    };
    t.stored(AP, reply).await;
    assert!(t.home_of(&alice).await.is_empty());
    t.hub.unmute(me, bob).await.unwrap();
    assert_eq!(t.home_of(&alice).await, [meanwhile, before]);
    t.hub.mute(me, bob, true, Some(Duration::from_millis(1))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(t.home_of(&alice).await.is_empty());
    t.hub.sweep().await.unwrap();
    assert_eq!(t.home_of(&alice).await, [meanwhile, before], "once its time is over");
    // Who is not followed was never there.
    t.hub.mute(me, carol, true, None).await.unwrap();
    t.hub.unmute(me, carol).await.unwrap();
    assert_eq!(t.home_of(&alice).await.len(), 2);
}

async fn what_names_the_unwanted_is_not_shown(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna, ben) = (t.member("alice").await, t.member("anna").await, t.member("ben").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&anna, bob).await;
    let page = landbridge_hub::Page::default;
    let public = async |reader: &Member| {
        let shown = t.hub.public(&Default::default(), Some(reader.actor.id), page()).await.unwrap();
        shown.into_iter().map(|view| view.post.id).collect::<Vec<_>>()
    };
    let earlier = t.stored(AP, mention_of(AP, "bob", "https://remote.example/1", "alice")).await;
    t.hub.mute(anna.actor.id, alice.actor.id, true, None).await.unwrap();
    t.hub.block(ben.actor.id, alice.actor.id).await.unwrap();
    let later = t.stored(AP, mention_of(AP, "bob", "https://remote.example/2", "alice")).await;
    for reader in [&anna, &ben] {
        assert!(t.home_of(reader).await.is_empty() && public(reader).await.is_empty());
    }
    assert_eq!(public(&alice).await, [later, earlier]);
    assert!(t.hub.live_view(later, anna.actor.id).await.unwrap().is_none());
    assert!(t.hub.view(later, Some(anna.actor.id)).await.is_ok(), "by itself it can be looked at");
    // A repost of it, neither.
    let carol = t.stranger(AP, "carol").await;
    t.follow_now(&anna, carol).await;
    let what = What::Repost { target: "https://remote.example/2".into(), visibility: Visibility::Public };
    t.take(AP, "carol", Some("https://remote.example/r"), what).await.unwrap();
    assert!(t.home_of(&anna).await.is_empty());
    t.hub.unmute(anna.actor.id, alice.actor.id).await.unwrap();
    assert_eq!(t.home_of(&anna).await, [earlier], "what came meanwhile was put on no home");
    assert_eq!(public(&anna).await, [later, earlier]);
}

async fn languages_and_reposts_filter(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let options =
        landbridge_hub::publish::FollowOptions { reposts: false, notify: true, languages: vec!["de".into()] };
    t.hub.follow(alice.actor.id, bob, options, None).await.unwrap();
    let in_language =
        |id: &str, language: &str| InPost { languages: vec![language.into()], ..post_of(AP, "bob", id, "x") };
    t.stored(AP, in_language("https://remote.example/1", "en")).await;
    let german = t.stored(AP, in_language("https://remote.example/2", "de-AT")).await;
    assert_eq!(t.home_of(&alice).await, [german]);
    assert_eq!(t.told(&alice).await, [NotificationKind::Status; 2]);
    let ours = t.hub.publish(draft(&alice, "Mine"), None).await.unwrap();
    let native_id = t.hub.copy_on(CopyKind::Post, ours.id, AP).await.unwrap().unwrap().native_id;
    let repost = What::Repost { target: native_id, visibility: Visibility::Public };
    t.take(AP, "bob", Some("https://remote.example/a1"), repost).await.unwrap();
    assert!(!t.home_of(&alice).await.iter().any(|id| *id != german && *id != ours.id), "no reposts wanted");
    assert_eq!(t.told(&alice).await[0], NotificationKind::Reblog);
}

async fn odd_posts_are_refused(store: TestStore) {
    let t = test_hub(store);
    t.member("alice").await;
    t.stranger(AP, "bob").await;
    let mut foreign = mention_of(AP, "bob", "https://remote.example/1", "alice");
    foreign.author = native(AP, "carol");
    assert!(refused(t.take(AP, "bob", None, What::Post(Box::new(foreign))).await));
    let mut nul = mention_of(AP, "bob", "https://remote.example/2", "alice");
    nul.text.text.push('\0');
    nul.title = Some("a\0b".into());
    let id = t.stored(AP, nul).await;
    assert_eq!(t.hub.post(id).await.unwrap().title.as_deref(), Some("ab"));
    let blank = mention_of(AP, "bob", "not an id", "alice");
    assert!(refused(t.post(AP, blank).await));
    assert!(refused(t.take(AP, "bob", Some(""), What::Gone).await));
}

async fn old_posts_have_ids_of_their_own(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let mut last = Id(0);
    for year in [2007, 2012, 2019, 2020, 2024] {
        let published = Time::parse(&format!("{year}-06-01T00:00:00Z")).unwrap();
        let post = InPost { published, ..post_of(AP, "bob", &format!("https://remote.example/{year}"), "x") };
        let id = t.stored(AP, post).await;
        assert!(id > last, "{year}");
        last = id;
    }
}
