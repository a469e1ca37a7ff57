//! Deliveries: in order, tried again, recorded.

use crate::support::{TestHub, draft, test_hub};
use landbridge_hub::{Outcome, accounts::Member};
use landbridge_model::{Actor, ActorKind, ActorState, Id, Network, Presence, PresenceState, Profile, Time};
use landbridge_store::{
    Write,
    entities::{actors, follows, presences},
    on_both_engines,
    testing::TestStore,
};
use std::time::Duration;
use tokio::{sync::watch, time::timeout};

on_both_engines!(
    every_destination_gets_it_once_and_in_order,
    failures_wait_and_refusals_end,
    a_stop_loses_nothing
);

/// A follower somewhere else, with an inbox.
async fn follower(t: &TestHub, of: &Member, n: u32) -> String {
    let id = t.hub.ids().next();
    let inbox = format!("https://host{n}.example/inbox");
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
async fn run_until(t: &TestHub, done: impl AsyncFn() -> bool) {
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
