//! Move: followers go along, where both ends agree.

use super::scene::Scene;
use super::support::{Node, on_both, until};
use serde_json::json;

on_both!(followers_go_along, a_move_needs_the_word_of_both_ends);

async fn followers_go_along() {
    let (a, b, c) = (Node::start("a").await, Node::start("b").await, Node::start("c").await);
    let (old, home, fan) = (a.member("old").await, b.member("home").await, c.member("fan").await);
    c.follow(&fan, &a.address("old")).await;
    let there = a.find(&b.address("home")).await;
    assert!(
        a.hub.move_to(old.actor.id, there.id).await.is_err(),
        "the new account does not name the old one"
    );

    let alias = b.find(&a.address("old")).await;
    b.hub.name_alias(home.actor.id, alias.id).await.unwrap();
    a.hub.move_to(old.actor.id, there.id).await.unwrap();
    let document = a.json(&format!("{}/users/old", a.origin)).await;
    assert_eq!(document["movedTo"], format!("{}/users/home", b.origin));
    let relation = async |address: String| {
        let target = c.find(&address).await.id;
        c.hub.relationship(fan.actor.id, target).await.unwrap()
    };
    until("the new account is followed", async || relation(b.address("home")).await.following).await;
    until("the old one is not", async || !relation(a.address("old")).await.following).await;
    until("the new one counts the follower", async || {
        b.hub.actor(home.actor.id).await.unwrap().followers == 1
    })
    .await;
    assert!(a.hub.move_to(old.actor.id, there.id).await.is_err(), "not twice in a week");
}

async fn a_move_needs_the_word_of_both_ends() {
    let s = Scene::new().await;
    s.a.follow(&s.alice, &s.m.address("mallory")).await;
    let victim = s.m.member("victim").await;
    let to = format!("{}/users/victim", s.m.origin);
    let moved = json!({
        "id": format!("{}#move", s.actor()), "type": "Move", "actor": s.actor(), "object": s.actor(), "target": to
    });
    assert_eq!(s.send(&moved).await, 403, "neither end says so");
    let old = s.m.find(&s.actor()).await;
    s.m.hub.name_alias(victim.actor.id, old.id).await.unwrap();
    assert_eq!(s.send(&moved).await, 403, "the old account's document does not say so");
    let target = s.a.find(&to).await.id;
    assert!(!s.a.hub.relationship(s.alice.actor.id, target).await.unwrap().following);
}
