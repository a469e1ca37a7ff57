//! What members of two nodes do to each other.

use super::scene::Scene;
use super::support::{Node, draft, on_both, until};
use axum::http::{HeaderValue, Method};
use landbridge_activitypub::signature::cavage;
use landbridge_hub::{Draft, DraftPoll, Page};
use landbridge_model::{MarkKind, Network, QuoteState, Visibility};
use serde_json::json;
use std::time::SystemTime;

on_both!(
    a_post_crosses_whole_is_edited_and_deleted,
    replies_likes_and_reposts_come_back,
    private_posts_reach_only_whom_they_name,
    a_chat_message_is_answered_in_kind,
    polls_are_voted_on_from_elsewhere,
    quotes_ask_for_leave,
    unfollow_block_and_profile_are_told,
    a_delete_reaches_whoever_was_sent_the_post,
);

struct Two {
    a: Node,
    b: Node,
    alice: landbridge_hub::accounts::Member,
    bob: landbridge_hub::accounts::Member,
}

/// Bob, on one node, follows Alice, on another.
async fn two() -> Two {
    let (a, b) = (Node::start("a").await, Node::start("b").await);
    let (alice, bob) = (a.member("alice").await, b.member("bob").await);
    b.follow(&bob, &a.address("alice")).await;
    Two { a, b, alice, bob }
}

async fn a_post_crosses_whole_is_edited_and_deleted() {
    let Two { a, b, alice, bob } = two().await;
    let text = format!("Hi @bob@{} **x** https://example.org/ #Test", b.hub.config().account_domain);
    let warned =
        Draft { warning: Some("careful".into()), languages: vec!["hsb".into()], ..draft(&alice, &text) };
    let sent = a.publish(warned).await;
    let got = b.sees(&bob, "the post", |p| p.text.text.contains("https://example.org/")).await;
    assert_eq!(got.warning.as_deref(), Some("careful"));
    assert_eq!(got.languages, ["hsb"]);
    assert_eq!(got.tags, ["test"]);
    assert_eq!(got.mentions.len(), 1);
    assert_eq!(got.mentions[0].actor, bob.actor.id);
    assert!(got.text.marks.iter().any(|m| matches!(&m.kind, MarkKind::Mention { .. })));

    a.hub.edit(alice.actor.id, sent.id, draft(&alice, "changed"), None).await.unwrap();
    b.sees(&bob, "the edit", |p| p.id == got.id && p.text.text == "changed" && p.edited_at.is_some()).await;

    a.hub.delete_post(alice.actor.id, sent.id, None).await.unwrap();
    until("the delete arrives", async || b.hub.post(got.id).await.is_err()).await;
}

async fn replies_likes_and_reposts_come_back() {
    let Two { a, b, alice, bob } = two().await;
    let sent = a.publish(draft(&alice, "question")).await;
    let got = b.sees(&bob, "the post", |p| p.text.text == "question").await;
    b.hub.react(bob.actor.id, got.id, "", None, None).await.unwrap();
    b.hub.react(bob.actor.id, got.id, "🐈", None, None).await.unwrap();
    b.hub.repost(bob.actor.id, got.id, None, None).await.unwrap();
    let reply = Draft { reply_to: Some(got.id), ..draft(&bob, "answer") };
    b.publish(reply).await;
    let counts = async || {
        let post = a.hub.post(sent.id).await.unwrap();
        (post.likes, post.reposts, post.replies)
    };
    until("all of it is counted", async || counts().await == (2, 1, 1)).await;
    let thread = a.hub.thread(sent.id, Some(alice.actor.id)).await.unwrap();
    assert_eq!(thread.descendants[0].post.text.text.trim_start_matches("@alice").trim(), "answer");
    let told = a.hub.notifications(alice.actor.id, &[], None, Page::default()).await.unwrap();
    assert!(told.len() >= 5, "a follow, a mention, a like, a reaction and a repost: {}", told.len());

    b.hub.unreact(bob.actor.id, got.id, "", None).await.unwrap();
    b.hub.unrepost(bob.actor.id, got.id, None).await.unwrap();
    until("it is undone", async || counts().await == (1, 0, 1)).await;
}

async fn private_posts_reach_only_whom_they_name() {
    let Two { a, b, alice, bob } = two().await;
    let eve = b.member("eve").await;
    b.follow(&eve, &a.address("alice")).await;
    let text = format!("@bob@{} psst", b.hub.config().account_domain);
    a.publish(Draft { visibility: Some(Visibility::Direct), ..draft(&alice, &text) }).await;
    until("bob is told", async || {
        let told = b.hub.notifications(bob.actor.id, &[], None, Page::default()).await.unwrap();
        told.iter().any(|n| n.post.as_ref().is_some_and(|p| p.post.visibility == Visibility::Direct))
    })
    .await;
    let home = b.hub.home(eve.actor.id, Page::default()).await.unwrap();
    assert!(home.iter().all(|v| !v.post.text.text.contains("psst")));
}

async fn a_chat_message_is_answered_in_kind() {
    let s = Scene::new().await;
    s.a.follow(&s.alice, &s.m.address("mallory")).await;
    let alice = format!("{}/users/alice", s.a.origin);
    let id = format!("{}/private_message/1", s.m.origin);
    let message = json!({
        "id": format!("{id}/activity"), "type": "Create", "actor": s.actor(), "to": [alice],
        "object": {
            "id": id, "type": "ChatMessage", "attributedTo": s.actor(), "to": [alice], "content": "<p>psst</p>",
            "mediaType": "text/html"
        }
    });
    assert_eq!(s.send(&message).await, 202);
    let said = s.a.hub.copy(Network::ActivityPub, &id).await.unwrap().unwrap().object;
    let words = format!("@{} what is it?", s.m.address("mallory"));
    let answer =
        |to| Draft { reply_to: Some(to), visibility: Some(Visibility::Direct), ..draft(&s.alice, &words) };
    // What is said after an answer of one's own is a message like it.
    let first = s.a.publish(answer(said)).await;
    let second = s.a.publish(answer(first.id)).await;
    for sent in [first, second] {
        let url: url::Url = format!("{alice}/statuses/{}", sent.id).parse().unwrap();
        let key_id = format!("{}#main-key", s.actor());
        let now = SystemTime::now();
        let mut headers = cavage::sign(&Method::GET, &url, None, &key_id, &s.key, now).unwrap();
        headers.insert("accept", HeaderValue::from_static("application/activity+json"));
        let shown = s.m.hub.fetcher().get(&url, headers, 1 << 20).await.unwrap();
        let shown: serde_json::Value = serde_json::from_slice(&shown.body).unwrap();
        assert_eq!((&shown["type"], &shown["mediaType"]), (&json!("ChatMessage"), &json!("text/html")));
        assert_eq!((&shown["to"], &shown["cc"]), (&json!([s.actor()]), &json!([])));
    }
}

async fn polls_are_voted_on_from_elsewhere() {
    let Two { a, b, alice, bob } = two().await;
    let poll = DraftPoll {
        options: vec!["tea".into(), "coffee".into()],
        expires_in: Some(3600),
        ..Default::default()
    };
    let sent = a.publish(Draft { poll: Some(poll), ..draft(&alice, "which?") }).await;
    let got = b.sees(&bob, "the poll", |p| p.poll.is_some()).await;
    b.hub.vote(bob.actor.id, got.id, &[1], None).await.unwrap();
    until("the vote is counted", async || {
        let poll = a.hub.post(sent.id).await.unwrap().poll.unwrap();
        poll.options.iter().map(|o| o.votes).collect::<Vec<_>>() == [0, 1]
    })
    .await;
}

async fn quotes_ask_for_leave() {
    let Two { a, b, alice, bob } = two().await;
    let words = a.publish(draft(&alice, "wise words")).await;
    let got = b.sees(&bob, "the post", |p| p.text.text == "wise words").await;
    let quoting = b.publish(Draft { quote: Some(got.id), ..draft(&bob, "look") }).await;
    until("the leave is given", async || {
        b.hub.post(quoting.id).await.unwrap().quote.is_some_and(|q| q.state == QuoteState::Accepted)
    })
    .await;
    let note = b.json(&format!("{}/users/bob/statuses/{}", b.origin, quoting.id)).await;
    let stamp = note["quoteAuthorization"].as_str().unwrap();
    let leave = a.json(stamp).await;
    assert_eq!(leave["type"], "QuoteAuthorization");
    assert_eq!(leave["interactingObject"], note["id"]);

    // Taken back, it is gone for everybody.
    let there = a.hub.copy(Network::ActivityPub, note["id"].as_str().unwrap()).await.unwrap().unwrap();
    a.hub.revoke_quote(alice.actor.id, words.id, there.object).await.unwrap();
    assert_eq!(a.get(stamp).await.status, 410);
    until("it is no quote any more", async || {
        b.hub.post(quoting.id).await.unwrap().quote.is_some_and(|q| q.state == QuoteState::Revoked)
    })
    .await;
}

async fn unfollow_block_and_profile_are_told() {
    let Two { a, b, alice, bob } = two().await;
    let follower = a.find(&b.address("bob")).await;
    until("the follower is counted", async || a.hub.actor(alice.actor.id).await.unwrap().followers == 1)
        .await;
    let mut profile = alice.actor.profile.clone();
    profile.display_name = "Alice the Great".into();
    a.hub.set_profile(alice.actor.id, profile, false, false, None).await.unwrap();
    until("the new name is known", async || {
        b.find(&a.address("alice")).await.profile.display_name == "Alice the Great"
    })
    .await;
    a.hub.block(alice.actor.id, follower.id).await.unwrap();
    let target = b.find(&a.address("alice")).await.id;
    until("the follow has ended", async || {
        !b.hub.relationship(bob.actor.id, target).await.unwrap().following
    })
    .await;
}

async fn a_delete_reaches_whoever_was_sent_the_post() {
    let Two { a, b, alice, bob } = two().await;
    let eve = b.member("eve").await;
    let sent = a.publish(draft(&alice, "regretted")).await;
    let got = b.sees(&bob, "the post", |p| p.text.text == "regretted").await;
    // Nobody there follows any more when it is deleted.
    let target = b.find(&a.address("alice")).await.id;
    b.hub.unfollow(bob.actor.id, target, None).await.unwrap();
    until("alice has no follower", async || a.hub.actor(alice.actor.id).await.unwrap().followers == 0).await;
    assert!(b.hub.view(got.id, Some(eve.actor.id)).await.is_ok());
    a.hub.delete_post(alice.actor.id, sent.id, None).await.unwrap();
    until("the delete arrives", async || b.hub.post(got.id).await.is_err()).await;
    let gone = a.get(&format!("{}/users/alice/statuses/{}", a.origin, sent.id)).await;
    assert_eq!(gone.status, 410);
}
