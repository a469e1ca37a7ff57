//! Polls: votes from elsewhere, counts from elsewhere, ends.

use super::*;
use crate::support::{draft, test_hub};
use landbridge_hub::{CopyKind, Draft, DraftPoll};
use landbridge_model::{Poll, PollOption};
use landbridge_store::{Change, args, entities::polls, on_both_engines, query, testing::TestStore};

on_both_engines!(
    a_vote_counts_once,
    the_newest_vote_counts_where_a_network_says_so,
    a_vote_cast_in_time_may_come_a_little_later,
    counts_of_others_polls_follow_their_author,
    the_end_is_told_once,
);

async fn poll_here(t: &TestHub, member: &Member, multiple: bool) -> (Id, String) {
    let poll = DraftPoll {
        options: vec!["yes".into(), "no".into()],
        multiple,
        expires_in: Some(600),
        ..Default::default()
    };
    let post = t.hub.publish(Draft { poll: Some(poll), ..draft(member, "Well?") }, None).await.unwrap();
    (post.id, t.hub.copy_on(CopyKind::Post, post.id, AP).await.unwrap().unwrap().native_id)
}

async fn votes(t: &TestHub, id: Id) -> Vec<u64> {
    t.hub.post(id).await.unwrap().poll.unwrap().options.iter().map(|o| o.votes).collect()
}

async fn a_vote_counts_once(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let (single, target) = poll_here(&t, &alice, false).await;
    let vote = |target: &str, choice: &str| What::Vote {
        poll: target.into(),
        choices: vec![choice.into()],
        replaces: false,
    };
    t.take(AP, "bob", Some("v1"), vote(&target, "yes")).await.unwrap();
    assert_eq!(t.take(AP, "bob", Some("v2"), vote(&target, "no")).await.unwrap(), Received::Duplicate);
    assert!(ignored(t.take(AP, "bob", Some("v3"), vote(&target, "maybe")).await));
    assert_eq!(votes(&t, single).await, [1, 0]);
    let (many, target) = poll_here(&t, &alice, true).await;
    for (id, choice) in [("w1", "yes"), ("w2", "no"), ("w3", "no")] {
        t.take(AP, "bob", Some(id), vote(&target, choice)).await.unwrap();
    }
    assert_eq!(votes(&t, many).await, [1, 1]);
    t.hub.store().write(polls::close(many)).await.unwrap();
    t.stranger(AP, "carol").await;
    assert!(ignored(t.take(AP, "carol", Some("w4"), vote(&target, "yes")).await));
}

async fn the_newest_vote_counts_where_a_network_says_so(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    for (multiple, both) in [(false, [0, 1]), (true, [1, 1])] {
        let (id, target) = poll_here(&t, &alice, multiple).await;
        let vote = async |choices: &[&str], ago: i64| {
            let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
            let what = What::Vote { poll: target.clone(), choices, replaces: true };
            let (at, name) = (Time(Time::now().0 - ago), format!("{multiple}-{ago}"));
            t.hub.receive(Incoming { at, ..incoming(AP, "bob", Some(&name), what) }).await
        };
        vote(&["yes"], 3_000).await.unwrap();
        assert_eq!(vote(&["no"], 9_000).await.unwrap(), Received::Duplicate, "an older one");
        assert_eq!(votes(&t, id).await, [1, 0]);
        vote(&["no"], 2_000).await.unwrap();
        assert_eq!(votes(&t, id).await, [0, 1]);
        if multiple {
            vote(&["yes", "no"], 1_000).await.unwrap();
        }
        assert_eq!(votes(&t, id).await, both);
        // Cast before the end, as its date says, by somebody who may know how it ended.
        let over = Change::new("UPDATE polls SET ends_at = ?2 WHERE post_id = ?1", args![id, Time::now()]);
        t.hub.store().write(over).await.unwrap();
        assert_eq!(vote(&["yes"], 500).await.unwrap(), Received::Duplicate);
        assert_eq!(votes(&t, id).await, both);
    }
}

async fn a_vote_cast_in_time_may_come_a_little_later(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (id, target) = poll_here(&t, &alice, false).await;
    let minute = 60_000;
    let ends = async |ago: i64| {
        let end = Time(Time::now().0 - ago * minute);
        let over = Change::new("UPDATE polls SET ends_at = ?2 WHERE post_id = ?1", args![id, end]);
        t.hub.store().write(over).await.unwrap();
    };
    let vote = async |name: &str, ago: i64| {
        t.stranger(AP, name).await;
        let what = What::Vote { poll: target.clone(), choices: vec!["yes".into()], replaces: false };
        let at = Time(Time::now().0 - ago * minute);
        t.hub.receive(Incoming { at, ..incoming(AP, name, Some(name), what) }).await
    };
    ends(10).await;
    t.hub.close_polls().await.unwrap();
    vote("bob", 11).await.unwrap();
    assert!(ignored(vote("carol", 9).await), "cast after the end");
    assert_eq!(votes(&t, id).await, [1, 0]);
    ends(61).await;
    assert!(ignored(vote("dora", 62).await), "its date says nothing any more");
}

async fn counts_of_others_polls_follow_their_author(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.follow_now(&alice, bob).await;
    let option = |title: &str, votes| PollOption { title: title.into(), votes };
    let with = |yes, no| InPost {
        poll: Some(Poll {
            options: vec![option("yes", yes), option("no", no)],
            multiple: false,
            hide_totals: false,
            ends_at: Some(Time(Time::now().0 + 600_000)),
            closed: false,
            voters: Some(yes + no),
        }),
        published: Time(1_700_000_000_000),
        ..post_of(AP, "bob", "https://remote.example/1", "Well?")
    };
    let id = t.stored(AP, with(0, 0)).await;
    t.take(AP, "bob", None, What::Edit(Box::new(with(3, 4)))).await.unwrap();
    assert_eq!(votes(&t, id).await, [3, 4]);
    assert_eq!(t.hub.history(id, None).await.unwrap().len(), 1, "counts are no edit");
    // A member's vote shows at once, and once the author has it, once only.
    t.hub.vote(alice.actor.id, id, &[1], None).await.unwrap();
    assert_eq!(votes(&t, id).await, [3, 5]);
    t.take(AP, "bob", None, What::Edit(Box::new(with(3, 6)))).await.unwrap();
    assert_eq!(votes(&t, id).await, [3, 6]);
}

async fn the_end_is_told_once(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let (id, target) = poll_here(&t, &alice, false).await;
    t.take(AP, "bob", Some("v1"), What::Vote { poll: target, choices: vec!["yes".into()], replaces: false })
        .await
        .unwrap();
    t.wide.take_staged();
    let over = Change::new("UPDATE polls SET ends_at = ?2 WHERE post_id = ?1", args![id, Time(1)]);
    t.hub.store().write(over).await.unwrap();
    t.hub.close_polls().await.unwrap();
    t.hub.close_polls().await.unwrap();
    assert_eq!(t.wide.take_staged(), ["poll result"]);
    assert_eq!(t.told(&alice).await, [NotificationKind::Poll]);
    let closed = t.hub.store().rows(query("SELECT 1 FROM polls WHERE closed = 1", args![])).await.unwrap();
    assert_eq!(closed.len(), 1);
}
