//! What a stream says, in order, after a pause, and with holes.

use crate::{
    elsewhere::{Elsewhere, FOLLOW, LIKE, POST, PROFILE, REPOST, now, post, subject},
    node::Node,
    on_both,
};
use landbridge_hub::{Draft, reading::NotificationKind};
use landbridge_model::{ActorState, Network, Visibility};
use landbridge_store::EngineKind;
use serde_json::json;

on_both!(
    a_followed_person_is_read_in_order,
    what_is_aimed_at_members_arrives,
    a_stop_is_caught_up_without_loss_or_duplicates,
    gaps_are_recovered_from_the_repository,
    who_leaves_is_hidden_and_who_ends_is_erased,
    profiles_and_handles_follow_what_is_said,
);

async fn a_followed_person_is_read_in_order(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;

    let (uri, cid) = elsewhere.create(&bob, POST, post("one"));
    let one = node.post(&uri).await;
    assert_eq!((one.text.text.as_str(), one.visibility), ("one", Visibility::Public));
    assert_eq!(node.home(alice.id).await, [one.id]);

    // An edit, a repost, and a stranger who concerns nobody.
    let rkey = uri.rsplit('/').next().unwrap();
    elsewhere.write(&bob, &[(POST, rkey, Some(post("one, again")))]);
    node.until("edited", async || node.here(&uri).await.unwrap().text.text == "one, again").await;
    let stranger = elsewhere.post(&eve, "nobody reads this");
    let (repost, _) = elsewhere.create(&bob, REPOST, subject(&(stranger.clone(), "bafyreiabc".into())));
    node.until("reposted", async || node.here(&repost).await.is_some()).await;
    assert_eq!(node.post(&stranger).await.text.text, "nobody reads this");

    // An answer of theirs brings what it answers.
    let reference = json!({"uri": uri, "cid": cid});
    let answer = elsewhere.create(
        &bob,
        POST,
        json!({
            "text": "two", "createdAt": now(), "reply": {"root": reference, "parent": reference},
        }),
    );
    let answer = node.post(&answer.0).await;
    assert_eq!((answer.reply_to, answer.root), (Some(one.id), one.id));

    elsewhere.write(&bob, &[(POST, rkey, None)]);
    node.until("deleted", async || node.here(&uri).await.is_none()).await;
}

async fn what_is_aimed_at_members_arrives(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let (bob, eve) = (elsewhere.person("bob"), elsewhere.person("eve"));
    let node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let did = node.did(&alice).await;
    let draft = Draft { author: alice.id, text: "hello".into(), ..Draft::default() };
    let hello = node.hub.publish(draft, None).await.unwrap();
    let copy =
        node.hub.copy_on(landbridge_hub::CopyKind::Post, hello.id, Network::AtProto).await.unwrap().unwrap();
    let own = (copy.native_id.clone(), copy.version.clone().unwrap());

    let (like, _) = elsewhere.create(&eve, LIKE, subject(&own));
    node.until("liked", async || node.hub.post(hello.id).await.unwrap().likes == 1).await;
    elsewhere.create(&eve, FOLLOW, json!({"subject": did, "createdAt": now()}));
    elsewhere.create(&eve, REPOST, subject(&own));
    let reference = json!({"uri": own.0, "cid": own.1});
    let (answer, _) = elsewhere.create(
        &eve,
        POST,
        json!({
            "text": "hi @alice", "createdAt": now(), "reply": {"root": reference, "parent": reference},
            "facets": [{"index": {"byteStart": 3, "byteEnd": 9},
                "features": [{"$type": "app.bsky.richtext.facet#mention", "did": did}]}],
        }),
    );
    let (quote, _) = elsewhere.create(&eve, POST, json!({
        "text": "look", "createdAt": now(), "embed": {"$type": "app.bsky.embed.record", "record": reference},
    }));
    assert_eq!(node.post(&answer).await.reply_to, Some(hello.id));
    assert_eq!(node.post(&quote).await.quote.unwrap().post, Some(hello.id));
    let kinds = async || {
        let all = node.hub.notifications(alice.id, &[], None, Default::default()).await.unwrap();
        all.iter().map(|notification| notification.kind).collect::<Vec<_>>()
    };
    use NotificationKind::*;
    for kind in [Follow, Reblog, Mention, Quote] {
        node.until(&format!("told of a {kind:?}"), async || kinds().await.contains(&kind)).await;
    }
    assert_eq!(node.home(alice.id).await.len(), 1, "a stranger is on nobody's timeline");

    // Taken back: the frame does not name the member any more.
    let rkey = like.rsplit('/').next().unwrap();
    elsewhere.write(&eve, &[(LIKE, rkey, None)]);
    node.until("unliked", async || node.hub.post(hello.id).await.unwrap().likes == 0).await;
}

async fn a_stop_is_caught_up_without_loss_or_duplicates(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let mut node = Node::start(engine, &elsewhere).await;
    let alice = node.follower("alice", &bob).await;
    let first = elsewhere.post(&bob, "first");
    node.post(&first).await;
    // Once, for what was written just before anybody listened.
    let asked = elsewhere.asked("com.atproto.sync.getRepo");
    node.stop().await;
    let missed: Vec<String> = (0..30).map(|n| elsewhere.post(&bob, &format!("missed {n}"))).collect();
    node.read();
    for uri in &missed {
        node.post(uri).await;
    }
    let home =
        node.hub.home(alice.id, landbridge_hub::Page { limit: 40, ..Default::default() }).await.unwrap();
    assert_eq!(home.len(), 31);
    assert_eq!(elsewhere.asked("com.atproto.sync.getRepo"), asked, "the stream itself has it");
}

async fn gaps_are_recovered_from_the_repository(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let mut node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    let doomed = elsewhere.post(&bob, "doomed");
    node.post(&doomed).await;

    // A commit that nobody told: the next one does not follow.
    let (rkey, gone) = (elsewhere.tid().to_string(), doomed.rsplit('/').next().unwrap());
    elsewhere.commit(&bob, &[(POST, &rkey, Some(post("untold"))), (POST, gone, None)]);
    let told = elsewhere.post(&bob, "told");
    node.post(&told).await;
    assert_eq!(node.post(&format!("at://{bob}/{POST}/{rkey}")).await.text.text, "untold");
    node.until("deleted in the gap", async || node.here(&doomed).await.is_none()).await;
    // And from there it goes on in order.
    let asked = elsewhere.asked("com.atproto.sync.getRepo");
    let next = elsewhere.post(&bob, "next");
    node.post(&next).await;
    assert_eq!(elsewhere.asked("com.atproto.sync.getRepo"), asked);

    // A stream that no longer keeps what was missed.
    node.stop().await;
    let lost = elsewhere.post(&bob, "lost");
    elsewhere.outdated();
    node.read();
    node.post(&lost).await;

    // `#sync`: whatever was said before.
    let rkey = elsewhere.tid().to_string();
    elsewhere.commit(&bob, &[(POST, &rkey, Some(post("by sync")))]);
    elsewhere.say_sync(&bob);
    node.post(&format!("at://{bob}/{POST}/{rkey}")).await;
}

async fn who_leaves_is_hidden_and_who_ends_is_erased(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    let uri = elsewhere.post(&bob, "here");
    node.post(&uri).await;
    let state = async || node.known(&bob).await.map(|actor| actor.state);

    // Only the account's own server is believed.
    elsewhere.say_account(&bob, false);
    let next = elsewhere.post(&bob, "still here");
    node.post(&next).await;
    assert_eq!(state().await, Some(ActorState::Active));

    elsewhere.lock().people.get_mut(&bob).unwrap().status = Some("deactivated");
    elsewhere.say_account(&bob, false);
    node.until("hidden", async || state().await == Some(ActorState::Deactivated)).await;
    elsewhere.lock().people.get_mut(&bob).unwrap().status = None;
    elsewhere.say_account(&bob, true);
    node.until("shown", async || state().await == Some(ActorState::Active)).await;
    let back = elsewhere.post(&bob, "back");
    node.post(&back).await;

    elsewhere.lock().people.get_mut(&bob).unwrap().status = Some("deleted");
    elsewhere.say_account(&bob, false);
    node.until("erased", async || {
        node.here(&uri).await.is_none()
            && node.known(&bob).await.is_none_or(|a| a.state == ActorState::Deleted)
    })
    .await;
}

async fn profiles_and_handles_follow_what_is_said(engine: EngineKind) {
    let elsewhere = Elsewhere::start().await;
    let bob = elsewhere.person("bob");
    let node = Node::start(engine, &elsewhere).await;
    node.follower("alice", &bob).await;
    elsewhere.write(&bob, &[(PROFILE, "self", Some(json!({"displayName": "Bob"})))]);
    node.until("named", async || node.known(&bob).await.unwrap().profile.display_name == "Bob").await;
    elsewhere.lock().people.get_mut(&bob).unwrap().handle = "robert.elsewhere.test".into();
    elsewhere.say_identity(&bob);
    node.until("renamed", async || node.known(&bob).await.unwrap().username == "robert.elsewhere.test").await;
    // A new key signs from now on; the old one no longer counts.
    let key =
        landbridge_atproto::crypto::SigningKey::generate(landbridge_atproto::crypto::Curve::P256).unwrap();
    elsewhere.lock().people.get_mut(&bob).unwrap().key = key;
    let uri = elsewhere.post(&bob, "with a new key");
    node.post(&uri).await;
}
