//! Deliveries: in order, tried again, recorded.

use crate::support::{TestHub, draft, test_hub};
use landbridge_hub::{Outcome, accounts::Member};
use landbridge_model::{Actor, ActorKind, ActorState, Id, Network, Presence, PresenceState, Profile, Time};
use landbridge_store::{
    Change, Write, args,
    entities::{actors, deliveries, follows, ints, presences},
    on_both_engines, query,
    testing::TestStore,
};
use std::time::Duration;
use tokio::{
    sync::{Semaphore, watch},
    time::timeout,
};

on_both_engines!(
    every_destination_gets_it_once_and_in_order,
    failures_wait_and_refusals_end,
    a_stop_loses_nothing,
    a_host_gets_so_many_at_once,
    retries_go_on_for_days_and_end,
    a_host_that_is_down_is_left_alone,
    what_the_other_side_asks_for_is_kept_to,
    what_another_process_holds_is_left_to_it,
);

/// A follower somewhere else, with an inbox.
pub async fn follower(t: &TestHub, of: &Member, n: u32) -> String {
    follower_at(t, of, n, &format!("https://host{n}.example/inbox")).await
}

async fn follower_at(t: &TestHub, of: &Member, n: u32, inbox: &str) -> String {
    let (id, inbox) = (t.hub.ids().next(), inbox.to_owned());
    let actor = Actor {
        id,
        kind: ActorKind::Person,
        username: format!("f{n}"),
        domain: Some(format!("host{n}.example")),
        state: ActorState::Active,
        locked: false,
        created_at: Time::now(),
        fetched_at: None,
        moved_to: None,
        last_post_at: None,
        profile: Profile::default(),
        url: None,
        followers: 0,
        following: 0,
        posts: 0,
    };
    let presence = Presence {
        actor: id,
        network: Network::ActivityPub,
        native_id: format!("https://host{n}.example/f{n}"),
        state: PresenceState::Active,
        facts: serde_json::json!({ "inbox": inbox }),
        since: Time::now(),
    };
    let follow = follows::FollowRow {
        id: t.hub.ids().next(),
        follower: id,
        target: of.actor.id,
        accepted: true,
        reposts: true,
        notify: false,
        languages: vec![],
        origin: Some(Network::ActivityPub),
        at: Time::now(),
    };
    let network = Some(Network::ActivityPub);
    let write = vec![actors::insert(&actor, network), presences::insert(&presence), follows::insert(&follow)];
    t.hub.store().write(Write::from(write)).await.unwrap();
    inbox
}

/// Runs the outbox until `done` says so.
pub async fn run_until(t: &TestHub, done: impl AsyncFn() -> bool) {
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(t.hub.clone().run_outbox(stopped));
    let wait = async {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(20), wait).await.expect("done in time");
    stop.send(true).unwrap();
    timeout(Duration::from_secs(15), running).await.expect("stops in time").unwrap();
}

async fn states(t: &TestHub, member: &Member, post: Id) -> Vec<(String, String, &'static str)> {
    let records = t.hub.deliveries(member.actor.id, post).await.unwrap();
    let mut lines: Vec<_> = records.into_iter().map(|d| (d.destination, d.act, d.state)).collect();
    lines.sort();
    lines
}

async fn every_destination_gets_it_once_and_in_order(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    for n in 0..20 {
        follower(&t, &alice, n).await;
    }
    let post = t.hub.publish(draft(&alice, "one"), None).await.unwrap();
    t.hub.edit(alice.actor.id, post.id, draft(&alice, "two"), None).await.unwrap();
    run_until(&t, async || states(&t, &alice, post.id).await.iter().all(|s| s.2 == "delivered")).await;
    let delivered = t.wide.delivered.lock().unwrap();
    assert_eq!(delivered.len(), 40);
    for n in 0..20 {
        let to = format!("https://host{n}.example/inbox");
        let texts: Vec<_> =
            delivered.iter().filter(|d| d.destination == to).map(|d| d.bytes.clone()).collect();
        assert_eq!(texts, ["one", "two"]);
    }
}

async fn failures_wait_and_refusals_end(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (down, refuses) = (follower(&t, &alice, 1).await, follower(&t, &alice, 2).await);
    let answers = [
        (down.clone(), Outcome::Retry { after: None, why: "no answer".into(), host_down: true }),
        (refuses.clone(), Outcome::Refused { why: "403".into() }),
    ];
    t.wide.answers.lock().unwrap().extend(answers);
    let post = t.hub.publish(draft(&alice, "hello"), None).await.unwrap();
    run_until(&t, async || t.wide.delivered.lock().unwrap().len() >= 2 && tried(&t).await == 1).await;
    let post_id = post.id;
    assert_eq!(
        states(&t, &alice, post_id).await,
        [(down.clone(), "post".into(), "waiting"), (refuses, "post".into(), "refused")]
    );
    // The operator may have it tried again at once.
    t.wide.answers.lock().unwrap().clear();
    t.hub.outbox_retry("").await.unwrap();
    run_until(&t, async || states(&t, &alice, post_id).await.iter().all(|s| s.2 == "delivered")).await;
}

async fn tried(t: &TestHub) -> usize {
    let troubles = t.hub.outbox_troubles("", 10).await.unwrap();
    troubles.iter().filter(|l| l.state.word() == "waiting").count()
}

async fn a_stop_loses_nothing(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    for n in 0..50 {
        follower(&t, &alice, n).await;
    }
    let post = t.hub.publish(draft(&alice, "hello"), None).await.unwrap();
    for _ in 0..3 {
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(t.hub.clone().run_outbox(stopped));
        tokio::time::sleep(Duration::from_millis(3)).await;
        stop.send(true).unwrap();
        running.await.unwrap();
    }
    run_until(&t, async || states(&t, &alice, post.id).await.iter().all(|s| s.2 == "delivered")).await;
    assert_eq!(t.wide.delivered.lock().unwrap().len(), 50);
}

fn down() -> Outcome {
    Outcome::Retry { after: None, why: "no answer".into(), host_down: true }
}

async fn set(t: &TestHub, sql: &'static str, to: i64) {
    t.hub.store().write(Change::new(sql, args![to])).await.unwrap();
}

/// When the delivery of a post is tried next, from now in seconds.
async fn next_try(t: &TestHub, member: &Member, post: Id) -> i64 {
    let record = t.hub.deliveries(member.actor.id, post).await.unwrap().pop().unwrap();
    (record.next_at.0 - Time::now().0) / 1000
}

async fn a_host_gets_so_many_at_once(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let most = t.hub.config().limits.deliveries_per_host;
    for n in 0..10 {
        follower_at(&t, &alice, n, &format!("https://one.example/inbox/{n}")).await;
    }
    follower(&t, &alice, 99).await;
    t.wide.gate.forget_permits(Semaphore::MAX_PERMITS);
    t.hub.publish(draft(&alice, "hello"), None).await.unwrap();
    let under_way = |host: &str| t.wide.under_way.lock().unwrap().get(host).copied().unwrap_or_default();
    run_until(&t, async || {
        let begun = under_way("one.example").0 == most && under_way("host99.example").0 == 1;
        if begun {
            t.wide.gate.add_permits(100);
        }
        t.wide.delivered.lock().unwrap().len() == 11
    })
    .await;
    assert_eq!(under_way("one.example").1, most);
}

async fn retries_go_on_for_days_and_end(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let inbox = follower(&t, &alice, 1).await;
    let busy = Outcome::Retry { after: None, why: "503".into(), host_down: false };
    t.wide.answers.lock().unwrap().insert(inbox, busy);
    let post = t.hub.publish(draft(&alice, "hello"), None).await.unwrap().id;
    let mut waits = Vec::new();
    for tries in 1..=8 {
        run_until(&t, async || {
            t.wide.delivered.lock().unwrap().len() == tries && next_try(&t, &alice, post).await > 0
        })
        .await;
        waits.push(next_try(&t, &alice, post).await);
        set(&t, "UPDATE deliveries SET next_at = ?1 WHERE state = 0", 0).await;
    }
    let least = [8, 58, 298, 1198, 3598, 10_798, 28_798, 28_798];
    for (wait, least) in waits.iter().zip(least) {
        assert!(*wait >= least && *wait <= (least + 2) * 4 / 3 + 2, "{waits:?}");
    }
    // A week after it was written nobody waits for it any more.
    let long_ago = Time::now().0 - 7 * 86_400_000;
    set(&t, "UPDATE deliveries SET created_at = ?1 WHERE state = 0", long_ago).await;
    run_until(&t, async || states(&t, &alice, post).await.iter().all(|s| s.2 == "given up")).await;
}

async fn a_host_that_is_down_is_left_alone(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (dead, alive) = (follower(&t, &alice, 1).await, follower(&t, &alice, 2).await);
    t.wide.answers.lock().unwrap().insert(dead.clone(), down());
    for n in 0..5 {
        t.hub.publish(draft(&alice, &format!("post {n}")), None).await.unwrap();
    }
    let tried = |to: &str| t.wide.delivered.lock().unwrap().iter().filter(|d| d.destination == to).count();
    run_until(&t, async || tried(&dead) == 5 && tried(&alive) == 5).await;
    // Its circuit is open: it is not tried, not even with something new.
    let more = t.hub.publish(draft(&alice, "more"), None).await.unwrap().id;
    run_until(&t, async || tried(&alive) == 6).await;
    assert_eq!(tried(&dead), 5);
    set(&t, "UPDATE deliveries SET next_at = ?1 WHERE state = 0", 0).await;
    let last = t.hub.publish(draft(&alice, "last"), None).await.unwrap().id;
    run_until(&t, async || tried(&alive) == 7).await;
    assert_eq!(tried(&dead), 5, "due, but left alone");
    // When its time is over it is tried, and one success is enough.
    t.wide.answers.lock().unwrap().clear();
    set(&t, "UPDATE hosts SET closed_until = ?1", 1).await;
    run_until(&t, async || tried(&dead) == 12).await;
    for post in [more, last] {
        assert!(states(&t, &alice, post).await.iter().all(|s| s.2 == "delivered"));
    }
    let failures = query("SELECT failures FROM hosts WHERE host = ?1", args!["host1.example"]);
    assert_eq!(t.hub.store().row(failures).await.unwrap().unwrap().get::<i64>(0).unwrap(), 0);
}

async fn what_the_other_side_asks_for_is_kept_to(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    for (n, hours, kept) in [(1, 1, 1), (2, 24 * 30, 12)] {
        let inbox = follower(&t, &alice, n).await;
        let after = Some(Duration::from_secs(hours * 3600));
        let answer = Outcome::Retry { after, why: "429".into(), host_down: false };
        t.wide.answers.lock().unwrap().insert(inbox.clone(), answer);
        let post = t.hub.publish(draft(&alice, "hello"), None).await.unwrap().id;
        let tried =
            || t.wide.delivered.lock().unwrap().iter().any(|d| d.object == post && d.destination == inbox);
        run_until(&t, async || tried() && next_try_to(&t, &alice, post, &inbox).await > 60).await;
        let wait = next_try_to(&t, &alice, post, &inbox).await;
        assert!((kept * 3600 - 60..=kept * 3600).contains(&wait), "{wait}");
    }
}

async fn next_try_to(t: &TestHub, member: &Member, post: Id, to: &str) -> i64 {
    let records = t.hub.deliveries(member.actor.id, post).await.unwrap();
    let record = records.into_iter().find(|d| d.destination == to).unwrap();
    if record.state == "waiting" { (record.next_at.0 - Time::now().0) / 1000 } else { -1 }
}

async fn what_another_process_holds_is_left_to_it(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (held, free) = (follower(&t, &alice, 1).await, follower(&t, &alice, 2).await);
    let post = t.hub.publish(draft(&alice, "hello"), None).await.unwrap().id;
    // As if another process had claimed the row and died.
    let records = t.hub.deliveries(alice.actor.id, post).await.unwrap();
    let row = records.iter().find(|d| d.destination == held).unwrap().id;
    let now = Time::now();
    let claim = deliveries::claim(ints(&[row]), now, now.plus(Duration::from_secs(120)));
    assert_eq!(t.hub.store().write(claim).await.unwrap().returned.len(), 1);
    let tried = |to: &str| t.wide.delivered.lock().unwrap().iter().filter(|d| d.destination == to).count();
    run_until(&t, async || tried(&free) == 1).await;
    assert_eq!(tried(&held), 0);
    // The lease is over.
    set(&t, "UPDATE deliveries SET next_at = ?1 WHERE state = 0", 0).await;
    run_until(&t, async || states(&t, &alice, post).await.iter().all(|s| s.2 == "delivered")).await;
    assert_eq!((tried(&held), tried(&free)), (1, 1));
}
