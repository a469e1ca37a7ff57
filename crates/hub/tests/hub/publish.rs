//! What members do to posts and to each other.

use crate::support::{draft, draft_for, picture, test_hub};
use landbridge_hub::{
    CopyKind, Draft, DraftPoll, HubError, Origin, Page,
    publish::FollowOptions,
    reading::{NotificationKind, SearchOptions},
};
use landbridge_model::{Mark, MarkKind, Network, RichText, Visibility};
use landbridge_store::{Change, EngineKind, args, on_both_engines, testing::TestStore};

on_both_engines!(
    visibility_decides_reach,
    an_answer_goes_where_its_parent_is,
    a_native_original_is_kept_as_it_is,
    the_same_key_gives_the_same_post,
    private_posts_are_sealed,
    an_edit_keeps_what_was,
    what_is_saved_as_it_was_is_no_edit,
    the_same_words_keep_their_marks,
    a_delete_leaves_nothing,
    likes_and_reposts_count_once,
    a_vote_counts_once,
    a_block_hides_both,
    the_search_index_is_built_again,
);

async fn visibility_decides_reach(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    for (visibility, networks) in [
        (Visibility::Public, vec![Network::ActivityPub, Network::Nostr]),
        (Visibility::Unlisted, vec![Network::ActivityPub]),
        (Visibility::Followers, vec![Network::ActivityPub]),
        (Visibility::Direct, vec![Network::ActivityPub]),
    ] {
        let post = t.hub.publish(draft_for(&alice, "Hi", visibility), None).await.unwrap();
        let copies = t.hub.copies(CopyKind::Post, post.id).await.unwrap();
        assert_eq!(copies.iter().map(|c| c.network).collect::<Vec<_>>(), networks, "{visibility:?}");
    }
    let except = Draft { except: vec![Network::Nostr], ..draft(&alice, "Not there") };
    let post = t.hub.publish(except, None).await.unwrap();
    assert_eq!(t.hub.copies(CopyKind::Post, post.id).await.unwrap().len(), 1);
}

async fn an_answer_goes_where_its_parent_is(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member_on("alice", vec![(Network::ActivityPub, None)]).await;
    let bob = t.member("bob").await;
    let post = t.hub.publish(draft(&alice, "On one network"), None).await.unwrap();
    let reply = Draft { reply_to: Some(post.id), ..draft(&bob, "@alice yes") };
    let previews = t.hub.preview(&reply).await.unwrap();
    assert!(previews.iter().any(|p| p.network == Network::Nostr && p.reaches.is_err()));
    let reply = t.hub.publish(reply, None).await.unwrap();
    assert_eq!(reply.root, post.id);
    let copies = t.hub.copies(CopyKind::Post, reply.id).await.unwrap();
    assert_eq!(copies.iter().map(|c| c.network).collect::<Vec<_>>(), [Network::ActivityPub]);
    let told = t.hub.notifications(alice.actor.id, &[], None, Page::default()).await.unwrap();
    assert_eq!(told.iter().map(|n| n.kind).collect::<Vec<_>>(), [NotificationKind::Mention]);
    assert_eq!(t.hub.post(post.id).await.unwrap().replies, 1);
}

async fn a_native_original_is_kept_as_it_is(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let origin = Origin {
        network: Network::Nostr,
        native_id: "ev1".into(),
        original: "{\"signed\": 1}".into(),
        brought: None,
    };
    let post = t.hub.publish(draft(&alice, "From an app"), Some(origin)).await.unwrap();
    let copy = t.hub.copy(Network::Nostr, "ev1").await.unwrap().unwrap();
    assert_eq!(copy.object, post.id);
    assert_eq!(t.hub.original(Network::Nostr, "ev1").await.unwrap().unwrap(), "{\"signed\": 1}");
    assert_eq!(t.hub.copies(CopyKind::Post, post.id).await.unwrap().len(), 2, "it crosses");
}

async fn the_same_key_gives_the_same_post(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    // With a file, which can hang on one post only.
    let file = t.hub.upload(alice.actor.id, picture(1).into(), "").await.unwrap();
    let with_key = || Draft { idempotency: Some("k1".into()), media: vec![file.id], ..draft(&alice, "Once") };
    let racing = (0..12).map(|_| t.hub.publish(with_key(), None));
    let racing = futures_util::future::join_all(racing).await;
    let last = t.hub.publish(with_key(), None).await.unwrap();
    for post in racing {
        assert_eq!(post.unwrap().id, last.id);
    }
    assert_eq!(t.hub.home(alice.actor.id, Page::default()).await.unwrap().len(), 1);
}

async fn private_posts_are_sealed(store: TestStore) {
    let t = test_hub(store);
    let (alice, bob, carol) = (t.member("alice").await, t.member("bob").await, t.member("carol").await);
    t.hub.follow(bob.actor.id, alice.actor.id, Default::default(), None).await.unwrap();
    let post =
        t.hub.publish(draft_for(&alice, "@bob for your eyes", Visibility::Direct), None).await.unwrap();
    let row =
        landbridge_store::query("SELECT body FROM posts WHERE id = ?1", landbridge_store::args![post.id]);
    let body: Vec<u8> = t.hub.store().row(row).await.unwrap().unwrap().get(0).unwrap();
    assert!(!String::from_utf8_lossy(&body).contains("eyes"), "stored as it is");
    assert_eq!(t.hub.view(post.id, Some(bob.actor.id)).await.unwrap().post.text.text, "@bob for your eyes");
    assert!(matches!(t.hub.view(post.id, Some(carol.actor.id)).await, Err(HubError::NotFound)));
    assert!(matches!(t.hub.view(post.id, None).await, Err(HubError::NotFound)));
}

async fn an_edit_keeps_what_was(store: TestStore) {
    let t = test_hub(store);
    let (alice, bob) = (t.member("alice").await, t.member("bob").await);
    let post = t.hub.publish(draft(&alice, "Frist"), None).await.unwrap();
    t.open.take_staged();
    let edited = t.hub.edit(alice.actor.id, post.id, draft(&alice, "First"), None).await.unwrap();
    assert_eq!(edited.text.text, "First");
    assert_eq!(t.open.take_staged(), ["edit"]);
    let history = t.hub.history(post.id, None).await.unwrap();
    assert_eq!(history.iter().map(|(_, p)| p.text.text.as_str()).collect::<Vec<_>>(), ["Frist", "First"]);
    let wider = draft_for(&alice, "First", Visibility::Direct);
    assert_eq!(
        t.hub.edit(alice.actor.id, post.id, wider, None).await.unwrap().visibility,
        Visibility::Public
    );
    assert!(matches!(
        t.hub.edit(bob.actor.id, post.id, draft(&bob, "Mine"), None).await,
        Err(HubError::NotFound)
    ));
}

async fn what_is_saved_as_it_was_is_no_edit(store: TestStore) {
    let t = test_hub(store);
    let (alice, bob) = (t.member("alice").await, t.member("bob").await);
    t.member("carol").await;
    t.hub.follow(bob.actor.id, alice.actor.id, FollowOptions::default(), None).await.unwrap();
    let options = vec!["yes".to_owned(), "no".to_owned()];
    let written = Draft {
        warning: Some("greeting".into()),
        languages: vec!["en".into()],
        poll: Some(DraftPoll { options, expires_in: Some(600), ..DraftPoll::default() }),
        ..draft(&alice, "Hello @carol and the #world")
    };
    for visibility in [Visibility::Public, Visibility::Followers] {
        let written = Draft { visibility: Some(visibility), ..written.clone() };
        let post = t.hub.publish(written.clone(), None).await.unwrap();
        t.hub.vote(bob.actor.id, post.id, &[0], None).await.unwrap();
        t.wide.take_staged();
        let same = t.hub.edit(alice.actor.id, post.id, written.clone(), None).await.unwrap();
        assert_eq!(same.edited_at, None, "{visibility:?}");
        assert!(t.wide.take_staged().is_empty());
        assert_eq!(t.hub.history(post.id, Some(alice.actor.id)).await.unwrap().len(), 1);
        let other = Draft { languages: vec!["de".into()], ..written };
        assert!(t.hub.edit(alice.actor.id, post.id, other, None).await.unwrap().edited_at.is_some());
        assert_eq!(t.wide.take_staged(), ["edit"]);
    }
}

async fn the_same_words_keep_their_marks(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let link = Mark { start: 0, end: 4, kind: MarkKind::Link { url: "https://a.example/".into() } };
    let rich = RichText::new("Here it is".to_owned(), vec![link]);
    let written = Draft { rich: Some(rich.clone()), ..draft(&alice, "") };
    let post = t.hub.publish(written, None).await.unwrap();
    let warned = Draft { warning: Some("a link".into()), ..draft(&alice, "Here it is") };
    assert_eq!(t.hub.edit(alice.actor.id, post.id, warned, None).await.unwrap().text, rich);
    let plain = t.hub.edit(alice.actor.id, post.id, draft(&alice, "Here it was"), None).await.unwrap();
    assert!(plain.text.marks.is_empty());
}

async fn a_delete_leaves_nothing(store: TestStore) {
    let t = test_hub(store);
    let (alice, bob) = (t.member("alice").await, t.member("bob").await);
    let post = t.hub.publish(draft(&alice, "@bob gone soon #soon"), None).await.unwrap();
    t.hub.react(bob.actor.id, post.id, "", None, None).await.unwrap();
    t.hub.repost(bob.actor.id, post.id, None, None).await.unwrap();
    assert!(matches!(t.hub.delete_post(bob.actor.id, post.id, None).await, Err(HubError::NotFound)));
    t.hub.delete_post(alice.actor.id, post.id, None).await.unwrap();
    assert!(matches!(t.hub.view(post.id, Some(bob.actor.id)).await, Err(HubError::NotFound)));
    assert!(t.hub.home(bob.actor.id, Page::default()).await.unwrap().is_empty());
    assert!(t.hub.notifications(alice.actor.id, &[], None, Page::default()).await.unwrap().is_empty());
    assert!(t.wide.take_staged().contains(&"delete".to_owned()));
    assert!(t.open.take_staged().contains(&"delete".to_owned()));
}

#[tokio::test]
async fn deleted_words_leave_the_disk() {
    let t = test_hub(TestStore::new(EngineKind::Sqlite).await);
    let alice = t.member("alice").await;
    for n in 0..30 {
        t.hub.publish(draft(&alice, &format!("something else {n}")), None).await.unwrap();
    }
    let post = t.hub.publish(draft(&alice, "xylophonequartz"), None).await.unwrap();
    t.hub.edit(alice.actor.id, post.id, draft(&alice, "xylophonequartz again"), None).await.unwrap();
    let on_disk = || {
        let word = b"xylophonequartz";
        let path = t.database();
        let log = path.with_extension("db-wal");
        [path, log].iter().any(|file| {
            std::fs::read(file).unwrap_or_default().windows(word.len()).any(|bytes| bytes == word)
        })
    };
    t.hub.scrub_now().await.unwrap();
    assert!(on_disk());
    t.hub.delete_post(alice.actor.id, post.id, None).await.unwrap();
    // What is still to be delivered of it is the outbox's own to drop.
    t.hub.scrub_now().await.unwrap();
    assert!(!on_disk());
}

async fn likes_and_reposts_count_once(store: TestStore) {
    let t = test_hub(store);
    let (alice, bob) = (t.member("alice").await, t.member("bob").await);
    let post = t.hub.publish(draft(&alice, "Like me"), None).await.unwrap();
    let likes = (0..5).map(|_| t.hub.react(bob.actor.id, post.id, "", None, None));
    for like in futures_util::future::join_all(likes).await {
        like.unwrap();
    }
    let reposts = (0..5).map(|_| t.hub.repost(bob.actor.id, post.id, None, None));
    for repost in futures_util::future::join_all(reposts).await {
        repost.unwrap();
    }
    let now = t.hub.post(post.id).await.unwrap();
    assert_eq!((now.likes, now.reposts), (1, 1));
    t.hub.unreact(bob.actor.id, post.id, "", None).await.unwrap();
    t.hub.unrepost(bob.actor.id, post.id, None).await.unwrap();
    t.hub.unrepost(bob.actor.id, post.id, None).await.unwrap();
    let now = t.hub.post(post.id).await.unwrap();
    assert_eq!((now.likes, now.reposts), (0, 0));
}

async fn a_vote_counts_once(store: TestStore) {
    let t = test_hub(store);
    let (alice, bob) = (t.member("alice").await, t.member("bob").await);
    let poll = DraftPoll { options: vec!["Tea".into(), "Coffee".into()], ..DraftPoll::default() };
    let post = t.hub.publish(Draft { poll: Some(poll), ..draft(&alice, "Which?") }, None).await.unwrap();
    assert!(matches!(t.hub.vote(alice.actor.id, post.id, &[0], None).await, Err(HubError::Invalid(_))));
    assert!(matches!(t.hub.vote(bob.actor.id, post.id, &[0, 1], None).await, Err(HubError::Invalid(_))));
    assert!(matches!(t.hub.vote(bob.actor.id, post.id, &[2], None).await, Err(HubError::Invalid(_))));
    t.hub.vote(bob.actor.id, post.id, &[1], None).await.unwrap();
    assert!(matches!(t.hub.vote(bob.actor.id, post.id, &[0], None).await, Err(HubError::Invalid(_))));
    let seen = t.hub.view(post.id, Some(bob.actor.id)).await.unwrap();
    let votes: Vec<u64> = seen.post.poll.unwrap().options.iter().map(|o| o.votes).collect();
    assert_eq!(votes, [0, 1]);
    assert!(seen.marks.voted);
}

async fn a_block_hides_both(store: TestStore) {
    let t = test_hub(store);
    let (alice, bob) = (t.member("alice").await, t.member("bob").await);
    let (a, b) = (alice.actor.id, bob.actor.id);
    assert!(t.hub.follow(b, a, FollowOptions::default(), None).await.unwrap().following);
    let post = t.hub.publish(draft(&alice, "For followers"), None).await.unwrap();
    assert_eq!(t.hub.home(b, Page::default()).await.unwrap().len(), 1);
    let relation = t.hub.block(a, b).await.unwrap();
    assert!(relation.blocking && !relation.followed_by);
    assert!(t.hub.home(b, Page::default()).await.unwrap().is_empty());
    assert!(matches!(t.hub.view(post.id, Some(b)).await, Err(HubError::NotFound)));
    assert!(matches!(t.hub.follow(b, a, FollowOptions::default(), None).await, Err(HubError::Forbidden(_))));
    t.hub.unblock(a, b).await.unwrap();
    assert!(t.hub.follow(b, a, FollowOptions::default(), None).await.unwrap().following);
}

async fn the_search_index_is_built_again(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let open = t.hub.publish(draft(&alice, "a lighthouse for everybody"), None).await.unwrap();
    t.hub
        .publish(draft_for(&alice, "a lighthouse for followers", Visibility::Followers), None)
        .await
        .unwrap();
    let found = async || {
        let options = SearchOptions { posts: true, limit: 10, ..SearchOptions::default() };
        let found = t.hub.search(Some(alice.actor.id), "lighthouse", &options).await.unwrap();
        found.posts.iter().map(|view| view.post.id).collect::<Vec<_>>()
    };
    assert_eq!(found().await, [open.id]);
    t.hub.store().write(Change::new("DELETE FROM search_posts WHERE rowid > ?1", args![0])).await.unwrap();
    assert!(found().await.is_empty());
    assert_eq!(t.hub.rebuild_search().await.unwrap(), 1);
    assert_eq!(found().await, [open.id]);
}
