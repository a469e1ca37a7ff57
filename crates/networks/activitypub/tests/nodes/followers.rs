//! Follower synchronisation (FEP-8fcf): what got lost between two servers is put right.

use super::support::{Node, draft, on_both, until};
use landbridge_hub::Draft;
use landbridge_hub::accounts::Member;
use landbridge_model::Visibility;
use landbridge_store::{Change, args};

on_both!(
    who_is_not_a_follower_any_more_learns_it,
    who_never_followed_says_so,
    the_list_is_for_the_server_that_it_concerns,
);

/// Alice, on one node, is followed by Bob and Eve on another, for a long time.
struct Two {
    a: Node,
    b: Node,
    alice: Member,
    bob: Member,
}

async fn two() -> Two {
    let (a, b) = (Node::start("a").await, Node::start("b").await);
    let (alice, bob, eve) = (a.member("alice").await, b.member("bob").await, b.member("eve").await);
    b.follow(&bob, &a.address("alice")).await;
    b.follow(&eve, &a.address("alice")).await;
    until("both are counted", async || a.hub.actor(alice.actor.id).await.unwrap().followers == 2).await;
    for node in [&a, &b] {
        node.hub.store().write(Change::new("UPDATE follows SET at = 1", args![])).await.unwrap();
    }
    Two { a, b, alice, bob }
}

/// As if the word of it had been lost on its way.
async fn forget(node: &Node, follower: landbridge_model::Id) {
    let lost = Change::new("DELETE FROM follows WHERE follower_id = ?1", args![follower]);
    node.hub.store().write(lost).await.unwrap();
}

fn for_followers(alice: &Member) -> Draft {
    Draft { visibility: Some(Visibility::Followers), ..draft(alice, "for you alone") }
}

async fn who_is_not_a_follower_any_more_learns_it() {
    let Two { a, b, alice, bob } = two().await;
    let follower = a.find(&b.address("bob")).await;
    forget(&a, follower.id).await;
    let target = b.find(&a.address("alice")).await.id;
    a.publish(for_followers(&alice)).await;
    until("bob follows no longer", async || {
        !b.hub.relationship(bob.actor.id, target).await.unwrap().following
    })
    .await;
    let eve = b.hub.member_named("eve").await.unwrap();
    assert!(b.hub.relationship(eve.actor.id, target).await.unwrap().following, "and eve still does");
}

async fn who_never_followed_says_so() {
    let Two { a, b, alice, bob } = two().await;
    forget(&b, bob.actor.id).await;
    let follower = a.find(&b.address("bob")).await;
    a.publish(for_followers(&alice)).await;
    until("bob is no follower any more", async || {
        !a.hub.relationship(alice.actor.id, follower.id).await.unwrap().followed_by
    })
    .await;
    assert_eq!(a.hub.actor(alice.actor.id).await.unwrap().followers, 1);
}

async fn the_list_is_for_the_server_that_it_concerns() {
    let Two { a, .. } = two().await;
    let url = format!("{}/users/alice/followers_synchronization", a.origin);
    assert_eq!(a.get(&url).await.status, 401);
}
