//! Reactions, reposts, undos, blocks, pins, reports, moves.

use super::*;
use crate::support::{draft, test_hub};
use landbridge_hub::{CopyKind, EventKind, Undone};
use landbridge_store::{on_both_engines, testing::TestStore};
use std::time::Duration;

on_both_engines!(
    a_like_counts_and_tells_once,
    an_undo_before_its_act_wins,
    an_act_may_come_again_by_the_same_id,
    an_undo_by_content_holds_for_what_was_before,
    nobody_undoes_for_others,
    a_repost_stands_on_home_and_can_be_taken_back,
    one_of_many_reposts_stands_on_home,
    who_sees_a_post_or_a_repost_is_told_of_its_end,
    a_block_from_elsewhere_hides_both,
    a_report_reaches_the_moderators_once,
    a_move_needs_the_new_accounts_word,
    pins_are_the_authors_own,
);

async fn post_here(t: &TestHub, member: &Member) -> (Id, String) {
    let post = t.hub.publish(draft(member, "Mine"), None).await.unwrap();
    (post.id, t.hub.copy_on(CopyKind::Post, post.id, AP).await.unwrap().unwrap().native_id)
}

fn like(target: &str) -> What {
    What::React { target: target.into(), content: String::new(), emoji: None }
}

fn undo(id: Option<&str>, what: Option<What>) -> What {
    What::Undo(Undone { id: id.map(str::to_owned), what: what.map(Box::new) })
}

async fn a_like_counts_and_tells_once(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let (id, target) = post_here(&t, &alice).await;
    assert!(matches!(t.take(AP, "bob", Some("l1"), like(&target)).await, Ok(Received::Stored(_))));
    assert_eq!(t.take(AP, "bob", Some("l1"), like(&target)).await.unwrap(), Received::Duplicate);
    assert_eq!(t.take(AP, "bob", Some("l2"), like(&target)).await.unwrap(), Received::Duplicate);
    assert_eq!(t.hub.post(id).await.unwrap().likes, 1);
    let party = What::React { target: target.clone(), content: "🎉".into(), emoji: None };
    t.take(AP, "bob", Some("l3"), party).await.unwrap();
    assert_eq!(t.told(&alice).await, [NotificationKind::Reaction, NotificationKind::Favourite]);
    let replayed = incoming(AP, "bob", Some("l1"), like(&target));
    tokio::time::sleep(Duration::from_millis(2)).await;
    t.take(AP, "bob", None, undo(Some("l1"), None)).await.unwrap();
    assert_eq!(t.hub.post(id).await.unwrap().likes, 1);
    assert!(ignored(t.hub.receive(replayed).await));
    assert_eq!(t.hub.post(id).await.unwrap().likes, 1);
    // Liked anew, by a new act.
    assert!(matches!(t.take(AP, "bob", Some("l4"), like(&target)).await, Ok(Received::Stored(_))));
    assert!(ignored(t.take(AP, "bob", Some("l9"), like("https://elsewhere.example/unknown")).await));
}

async fn an_undo_before_its_act_wins(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let (id, target) = post_here(&t, &alice).await;
    t.take(AP, "bob", None, undo(Some("l1"), Some(like(&target)))).await.unwrap();
    assert!(ignored(t.take(AP, "bob", Some("l1"), like(&target)).await));
    let repost = What::Repost { target: target.clone(), visibility: Visibility::Public };
    t.take(AP, "bob", None, undo(Some("r1"), None)).await.unwrap();
    assert!(ignored(t.take(AP, "bob", Some("r1"), repost).await));
    let follow = What::Follow { target: member_native(AP, "alice") };
    t.take(AP, "bob", None, undo(Some("f1"), None)).await.unwrap();
    assert!(ignored(t.take(AP, "bob", Some("f1"), follow).await));
    let post = t.hub.post(id).await.unwrap();
    assert_eq!((post.likes, post.reposts), (0, 0));
    assert!(t.told(&alice).await.is_empty());
}

/// snac and Takahe name a like, a boost and a follow by what it is about, each time the same.
async fn an_act_may_come_again_by_the_same_id(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.stranger(NOSTR, "carol").await;
    let (post, target) = post_here(&t, &alice).await;
    let repost = || What::Repost { target: target.clone(), visibility: Visibility::Public };
    let follow = || What::Follow { target: member_native(AP, "alice") };
    let counts = async || {
        let (post, me) = (t.hub.post(post).await.unwrap(), t.hub.actor(alice.actor.id).await.unwrap());
        (post.likes, post.reposts, me.followers)
    };
    let begun = Time::now().0 - 60_000;
    let sent = async |second: i64, id: Option<&str>, what: What| {
        let mut one = incoming(AP, "bob", id, what);
        one.at = Time(begun + second * 1000);
        t.hub.receive(one).await
    };
    let all = || [("l", like(&target)), ("r", repost()), ("f", follow())];
    for second in [0, 10] {
        for (id, what) in all() {
            assert!(matches!(sent(second, Some(id), what).await, Ok(Received::Stored(_))), "{id} {second}");
        }
        assert_eq!(counts().await, (1, 1, 1));
        for (id, what) in all() {
            sent(second + 2, None, undo(Some(id), Some(what))).await.unwrap();
            // Again, as when our answer was lost.
            sent(second + 2, None, undo(Some(id), None)).await.unwrap();
        }
        assert_eq!(counts().await, (0, 0, 0));
        // What was signed before it was taken back stays so.
        for (id, what) in all() {
            assert!(ignored(sent(second + 1, Some(id), what).await), "{id} {second}");
        }
        assert_eq!(counts().await, (0, 0, 0));
    }
    // An id on Nostr is of one event for ever.
    t.take(NOSTR, "carol", Some("k1"), What::Follow { target: member_native(NOSTR, "alice") }).await.unwrap();
    t.take(NOSTR, "carol", None, undo(Some("k1"), None)).await.unwrap();
    let again = What::Follow { target: member_native(NOSTR, "alice") };
    assert!(ignored(t.take(NOSTR, "carol", Some("k1"), again).await));
}

async fn an_undo_by_content_holds_for_what_was_before(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(NOSTR, "carol").await;
    let follow = || What::Follow { target: member_native(NOSTR, "alice") };
    let old = Time(Time::now().0 - 60_000);
    t.take(NOSTR, "carol", Some("k3"), follow()).await.unwrap();
    assert_eq!(t.told(&alice).await, [NotificationKind::Follow]);
    let mut unfollow = incoming(NOSTR, "carol", None, undo(None, Some(follow())));
    unfollow.at = Time(old.0 + 30_000);
    t.hub.receive(unfollow).await.unwrap();
    let mut replayed = incoming(NOSTR, "carol", Some("k2"), follow());
    replayed.at = old;
    assert!(ignored(t.hub.receive(replayed).await));
    assert_eq!(t.hub.actor(alice.actor.id).await.unwrap().followers, 0);
    assert!(matches!(t.take(NOSTR, "carol", Some("k4"), follow()).await, Ok(Received::Stored(_))));
    assert_eq!(t.hub.actor(alice.actor.id).await.unwrap().followers, 1);
}

async fn nobody_undoes_for_others(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.stranger(AP, "mallory").await;
    let (id, target) = post_here(&t, &alice).await;
    t.take(AP, "mallory", None, undo(Some("l1"), None)).await.unwrap();
    assert!(matches!(t.take(AP, "bob", Some("l1"), like(&target)).await, Ok(Received::Stored(_))));
    assert!(refused(t.take(AP, "mallory", None, undo(Some("l1"), None)).await));
    assert_eq!(t.hub.post(id).await.unwrap().likes, 1);
}

async fn a_repost_stands_on_home_and_can_be_taken_back(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&anna, bob).await;
    let (id, target) = post_here(&t, &alice).await;
    let repost = || What::Repost { target: target.clone(), visibility: Visibility::Public };
    let Ok(Received::Stored(Some(reposted))) = t.take(AP, "bob", Some("r1"), repost()).await else {
        panic!()
    };
    assert_eq!(t.home_of(&anna).await, [reposted]);
    assert_eq!(t.told(&alice).await, [NotificationKind::Reblog]);
    assert_eq!(t.take(AP, "bob", Some("r2"), repost()).await.unwrap(), Received::Duplicate);
    let replayed = incoming(AP, "bob", Some("r1"), repost());
    t.take(AP, "bob", None, undo(Some("r1"), Some(repost()))).await.unwrap();
    assert!(t.home_of(&anna).await.is_empty() && t.told(&alice).await.is_empty());
    assert_eq!(t.hub.post(id).await.unwrap().reposts, 0);
    assert!(ignored(t.hub.receive(replayed).await));
    // Of a stranger's post, which is fetched.
    t.stranger(AP, "carol").await;
    let far = post_of(AP, "carol", "https://remote.example/c1", "Far");
    t.can_fetch(AP, "https://remote.example/c1", incoming(AP, "carol", None, What::Post(Box::new(far))));
    let far = What::Repost { target: "https://remote.example/c1".into(), visibility: Visibility::Public };
    assert!(matches!(t.take(AP, "bob", Some("r3"), far.clone()).await, Ok(Received::Stored(_))));
    assert_eq!(t.home_of(&anna).await.len(), 1);
    assert!(ignored(t.take(AP, "carol", Some("r4"), far).await), "nobody follows carol");
}

async fn one_of_many_reposts_stands_on_home(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna, ben) = (t.member("alice").await, t.member("anna").await, t.member("ben").await);
    for name in ["bob", "carol", "dora"] {
        let booster = t.stranger(AP, name).await;
        t.follow_now(&anna, booster).await;
        if name == "carol" {
            t.follow_now(&ben, booster).await;
        }
    }
    let (_, target) = post_here(&t, &alice).await;
    let repost = async |name: &str| {
        let what = What::Repost { target: target.clone(), visibility: Visibility::Public };
        match t.take(AP, name, Some(&format!("https://remote.example/r/{name}")), what).await {
            Ok(Received::Stored(Some(id))) => id,
            other => panic!("{other:?}"),
        }
    };
    let first = repost("bob").await;
    let second = repost("carol").await;
    assert_eq!(t.home_of(&anna).await, [first], "it stands there already");
    assert_eq!(t.home_of(&ben).await, [second], "he does not follow who was first");
    for n in 0..41 {
        t.stored(AP, post_of(AP, "bob", &format!("https://remote.example/{n}"), "x")).await;
    }
    let late = repost("dora").await;
    assert!(t.home_of(&anna).await.contains(&late), "the first is far below");
    // Whoever reads the author has the post itself.
    let erin = t.member("erin").await;
    t.hub.follow(erin.actor.id, alice.actor.id, Default::default(), None).await.unwrap();
    let fran = t.stranger(AP, "fran").await;
    t.follow_now(&erin, fran).await;
    let (post, target) = post_here(&t, &alice).await;
    let what = What::Repost { target, visibility: Visibility::Public };
    t.take(AP, "fran", Some("https://remote.example/r/fran"), what).await.unwrap();
    assert!(
        t.home_of(&erin).await.contains(&post) && t.home_of(&erin).await.len() == 2,
        "the older one, too"
    );
}

async fn who_sees_a_post_or_a_repost_is_told_of_its_end(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna, ben) = (t.member("alice").await, t.member("anna").await, t.member("ben").await);
    for (reader, name) in [(&anna, "bob"), (&ben, "carol")] {
        let booster = t.stranger(AP, name).await;
        t.follow_now(reader, booster).await;
    }
    let erin = t.stranger(AP, "erin").await;
    let here = post_here(&t, &alice).await;
    let url = "https://remote.example/1";
    let there = (t.stored(AP, mention_of(AP, "erin", url, "alice")).await, url.to_owned());
    for (round, (id, target)) in [here, there].into_iter().enumerate() {
        let mut reposts = Vec::new();
        for (reader, name) in [(&anna, "bob"), (&ben, "carol")] {
            let what = What::Repost { target: target.clone(), visibility: Visibility::Public };
            t.take(AP, name, Some(&format!("https://remote.example/r/{name}/{round}")), what).await.unwrap();
            reposts.push((t.home_of(reader).await[0], vec![reader.actor.id]));
        }
        let mut bus = t.hub.bus().listen();
        match t.hub.post(id).await.unwrap().author == erin {
            true => _ = t.take(AP, "erin", None, What::Delete { target }).await.unwrap(),
            false => _ = t.hub.delete_post(alice.actor.id, id, None).await.unwrap(),
        }
        let mut told = Vec::new();
        while let Ok(event) = bus.try_recv() {
            if let EventKind::Deleted(id) = event.kind {
                told.push((id, event.members));
            }
        }
        let (gone, members) = told.remove(0);
        assert_eq!(gone, id);
        assert!(members.contains(&alice.actor.id), "who wrote it, or is named by it, follows neither");
        assert_eq!(told, reposts);
    }
}

async fn a_block_from_elsewhere_hides_both(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    t.take(AP, "bob", Some("f1"), What::Follow { target: member_native(AP, "alice") }).await.unwrap();
    t.stored(AP, post_of(AP, "bob", "https://remote.example/1", "x")).await;
    t.take(AP, "bob", Some("b1"), What::Block { target: member_native(AP, "alice") }).await.unwrap();
    let relation = t.hub.relationship(alice.actor.id, bob).await.unwrap();
    assert!(relation.blocked_by && !relation.following && !relation.followed_by);
    assert!(t.home_of(&alice).await.is_empty() && t.told(&alice).await.is_empty());
    let actor = t.hub.actor(alice.actor.id).await.unwrap();
    assert_eq!((actor.followers, actor.following), (0, 0));
    let replayed = incoming(AP, "bob", Some("b1"), What::Block { target: member_native(AP, "alice") });
    t.take(AP, "bob", None, undo(Some("b1"), None)).await.unwrap();
    assert!(!t.hub.relationship(alice.actor.id, bob).await.unwrap().blocked_by);
    assert!(ignored(t.hub.receive(replayed).await));
}

async fn a_report_reaches_the_moderators_once(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let (id, target) = post_here(&t, &alice).await;
    let report = || What::Report {
        targets: vec![member_native(AP, "alice"), target.clone()],
        comment: "spam\0".into(),
    };
    t.take(AP, "bob", Some("flag1"), report()).await.unwrap();
    assert_eq!(t.take(AP, "bob", Some("flag1"), report()).await.unwrap(), Received::Duplicate);
    let reports = t.hub.reports(10).await.unwrap();
    assert_eq!(reports.len(), 1);
    assert_eq!(
        (reports[0].target, reports[0].posts.as_slice(), reports[0].comment.as_str()),
        (alice.actor.id, [id].as_slice(), "spam")
    );
    t.hub.close_report(reports[0].id, "").await.unwrap();
    assert!(t.hub.reports(10).await.unwrap()[0].resolved);
}

async fn a_move_needs_the_new_accounts_word(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let old = t.stranger(AP, "old").await;
    t.follow_now(&alice, old).await;
    t.there(AP, "new");
    let to = || What::Move { to: native(AP, "new") };
    assert!(ignored(t.take(AP, "old", Some("m1"), to()).await));
    let mut new = profile_of(AP, "new");
    new.profile.also_known_as = vec![native(AP, "old")];
    let new = || incoming(AP, "new", None, What::Profile(Box::new(new.clone())));
    t.can_fetch(AP, &native(AP, "new"), new());
    // The old profile may say so before the word to follow along arrives.
    t.hub.receive(new()).await.unwrap();
    let said = InActor { moved_to: Some(native(AP, "new")), ..profile_of(AP, "old") };
    t.take(AP, "old", None, What::Profile(Box::new(said))).await.unwrap();
    let new = t.hub.actor_by_native(AP, &native(AP, "new")).await.unwrap().unwrap().id;
    assert_eq!(t.hub.actor(old).await.unwrap().moved_to, Some(new));
    assert!(matches!(t.take(AP, "old", Some("m2"), to()).await, Ok(Received::Stored(_))));
    assert_eq!(t.take(AP, "old", Some("m3"), to()).await.unwrap(), Received::Duplicate);
    for _ in 0..100 {
        if t.hub.relationship(alice.actor.id, new).await.unwrap().requested
            && !t.hub.relationship(alice.actor.id, old).await.unwrap().following
        {
            assert_eq!(t.hub.actor(old).await.unwrap().moved_to, Some(new));
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nobody followed along");
}

async fn pins_are_the_authors_own(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.stranger(AP, "mallory").await;
    t.follow_now(&alice, bob).await;
    let id = t.stored(AP, post_of(AP, "bob", "https://remote.example/1", "x")).await;
    let pin = || What::Pin { target: "https://remote.example/1".into() };
    assert!(refused(t.take(AP, "mallory", None, pin()).await));
    t.take(AP, "bob", None, pin()).await.unwrap();
    let pinned = landbridge_hub::reading::AccountPosts { pinned: true, ..Default::default() };
    let posts = t.hub.account_posts(bob, &pinned, Some(alice.actor.id), Default::default()).await.unwrap();
    assert_eq!(posts.iter().map(|view| view.post.id).collect::<Vec<_>>(), [id]);
    t.take(AP, "bob", None, What::Unpin { target: "https://remote.example/1".into() }).await.unwrap();
    assert!(t.hub.account_posts(bob, &pinned, None, Default::default()).await.unwrap().is_empty());
}
