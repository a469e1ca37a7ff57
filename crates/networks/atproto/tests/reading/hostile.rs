//! Streams and servers that lie.

use crate::{
    elsewhere::{Elsewhere, FOLLOW, LIKE, POST, PROFILE, post},
    node::Node,
    on_both,
};
use landbridge_atproto::{
    crypto::{Curve, SigningKey},
    firehose::{CommitEvent, Event, Frame},
    syntax::Datetime,
};
use landbridge_hub::moderation::Rule;
use landbridge_model::Time;
use landbridge_store::EngineKind;
use serde_json::json;

on_both!(
    what_the_account_has_not_signed_is_not_believed,
    what_was_said_before_changes_nothing,
    handles_are_held_in_both_directions,
    nonsense_does_not_end_a_stream,
    members_are_never_spoken_for,
    servers_that_the_operator_shut_out_are_not_heard,
);

async fn what_the_account_has_not_signed_is_not_believed(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    let first = elsewhere.post(&bob, "first");
    node.post(&first).await;
    let time = || Datetime::of(Time::now());

    // Eve's commit as Bob's.
    let mut stolen =
        CommitEvent::of(&elsewhere.commit(&eve, &[(POST, "3kforged", Some(post("stolen")))]), time());
    stolen.repo = bob.clone();
    elsewhere.say(Event::Commit(stolen));

    // Signed by another key. Then the repository is as it was.
    let honest = std::mem::replace(
        &mut elsewhere.lock().people.get_mut(&bob).unwrap().key,
        SigningKey::generate(Curve::K256).unwrap(),
    );
    let before = elsewhere.lock().people[&bob].repo.clone();
    let forged = elsewhere.commit(&bob, &[(POST, "3kforged", Some(post("forged")))]);
    {
        let mut inner = elsewhere.lock();
        let person = inner.people.get_mut(&bob).unwrap();
        person.key = honest;
        person.repo = before;
    }
    elsewhere.say(Event::Commit(CommitEvent::of(&forged, time())));

    // Operations that are not what the trees say.
    let next = elsewhere.commit(&bob, &[(POST, "3khonest", Some(post("honest")))]);
    let mut bent = CommitEvent::of(&next, time());
    bent.ops[0].path = format!("{POST}/3kforged").into();
    elsewhere.say(Event::Commit(bent));

    let last = elsewhere.post(&bob, "last");
    node.post(&last).await;
    node.post(&format!("at://{bob}/{POST}/3khonest")).await;
    assert!(node.here(&format!("at://{bob}/{POST}/3kforged")).await.is_none());
}

async fn what_was_said_before_changes_nothing(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let uri = elsewhere.post(&bob, "once");
    let once = elsewhere.lock().frames.last().unwrap().1.clone();
    node.post(&uri).await;
    elsewhere.write(&bob, &[(POST, uri.rsplit('/').next().unwrap(), None)]);
    node.until("deleted", async || node.here(&uri).await.is_none()).await;
    // The same commit again, as if it were new.
    let Ok(Frame::Event(_, event)) = Frame::decode(&once) else { panic!("a frame") };
    elsewhere.say(event);
    let next = elsewhere.post(&bob, "next");
    let next = node.post(&next).await;
    assert!(node.here(&uri).await.is_none());
    assert_eq!(node.home(alice.id).await, [next.id]);
}

async fn handles_are_held_in_both_directions(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    // Eve claims Bob's handle, which leads to Bob (whichever is found first: both claim it, one is meant).
    elsewhere.lock().people.get_mut(&eve).unwrap().also_known_as = vec!["at://bob.elsewhere.test".into()];
    let node = Node::start(engine, &elsewhere).await;
    let found = node.find("@bob.elsewhere.test").await;
    assert_eq!(found.username, "bob.elsewhere.test");
    assert_eq!(node.known(&bob).await.unwrap().id, found.id);
    // A handle of ours is nobody's elsewhere, whatever their document says.
    elsewhere.lock().people.get_mut(&eve).unwrap().handle = "alice.landbridge.test".into();
    let eve_found = node.find(eve.as_str()).await;
    assert_eq!(eve_found.username, eve.as_str().replace(':', "_"));
    assert!(node.hub.find_actor("alice.landbridge.test").await.unwrap().is_none());
}

async fn nonsense_does_not_end_a_stream(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    for bytes in [&b""[..], b"\xff\xff", b"{}", &[0xa0; 50_000]] {
        elsewhere.say_bytes(bytes.to_vec().into());
    }
    // Records that do not fit their place, and none at all.
    elsewhere.create(&bob, POST, json!({"text": 5}));
    elsewhere.create(&bob, LIKE, json!({"subject": "x"}));
    elsewhere.create(&bob, FOLLOW, json!({"subject": {"uri": 1}}));
    elsewhere.write(&bob, &[(PROFILE, "other", Some(json!({"displayName": "not mine"})))]);
    let uri = elsewhere.post(&bob, "fine");
    node.post(&uri).await;
    assert_eq!(node.known(&bob).await.unwrap().profile.display_name, "");
}

async fn members_are_never_spoken_for(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let did = node.did(&alice).await;
    let mut commit = CommitEvent::of(
        &elsewhere.commit(&bob, &[(POST, "3kx", Some(post("x")))]),
        Datetime::of(Time::now()),
    );
    commit.repo = did.clone();
    elsewhere.say(Event::Commit(commit));
    elsewhere.say_account(&did, false);
    elsewhere.say_identity(&did);
    let uri = elsewhere.post(&bob, "after");
    node.post(&uri).await;
    assert!(node.here(&format!("at://{did}/{POST}/3kx")).await.is_none());
    let asked = elsewhere.lock().asked.len();
    // What is ours is looked up here, or nowhere.
    assert_eq!(node.find("alice.landbridge.test").await.id, alice.id);
    assert_eq!(node.find(did.as_str()).await.id, alice.id);
    assert_eq!(node.find(&format!("https://bsky.app/profile/{did}")).await.id, alice.id);
    assert_eq!(elsewhere.lock().asked.len(), asked);
}

async fn servers_that_the_operator_shut_out_are_not_heard(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    let before = elsewhere.post(&bob, "before");
    node.post(&before).await;
    node.hub.set_domain_rule("127.0.0.1", Some(Rule::Block), "").await.unwrap();
    let after = elsewhere.post(&bob, "after");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(node.here(&after).await.is_none());
    assert!(node.hub.find_actor(eve.as_str()).await.unwrap().is_none());
}
