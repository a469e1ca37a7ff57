//! Who may answer and quote a member's post, and what is out of sight around it: whichever network it comes by.

use super::{AP, NOSTR, member_native, post_of};
use crate::support::{TestHub, draft, test_hub};
use landbridge_hub::{CopyKind, Draft, Gate, InPost, Received, What, accounts::Member};
use landbridge_model::{Audience, Groups, Id, Network, Post, QuoteState};
use landbridge_store::{on_both_engines, testing::TestStore};

on_both_engines!(
    an_answer_against_the_rule_is_neither_seen_nor_told,
    who_is_in_one_of_several_groups_may_answer,
    what_the_author_hides_stays_hidden,
    nobody_closes_somebody_elses_post,
    a_deleted_post_takes_its_rules_along,
);

async fn limited(t: &TestHub, member: &Member, policy: Audience) -> (Post, String) {
    let draft = Draft { reply_policy: Some(policy), ..draft(member, "Answers, please") };
    let post = t.hub.publish(draft, None).await.unwrap();
    let copy = t.hub.copy_on(CopyKind::Post, post.id, AP).await.unwrap().unwrap();
    (post, copy.native_id)
}

fn answer(network: Network, name: &str, id: &str, to: &str) -> InPost {
    InPost {
        reply_to: Some(to.into()),
        addressed: vec![member_native(network, "alice")],
        ..post_of(network, name, id, id)
    }
}

async fn thread(t: &TestHub, root: Id) -> Vec<Id> {
    let thread = t.hub.thread(root, None).await.unwrap();
    thread.descendants.into_iter().map(|view| view.post.id).collect()
}

async fn an_answer_against_the_rule_is_neither_seen_nor_told(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (bob, _eve) = (t.stranger(AP, "bob").await, t.stranger(AP, "eve").await);
    t.follow_now(&alice, bob).await;
    let (post, named) = limited(&t, &alice, Audience::Following).await;
    let fine = t.stored(AP, answer(AP, "bob", "https://remote.example/1", &named)).await;
    let against = t.stored(AP, answer(AP, "eve", "https://remote.example/2", &named)).await;
    // What answers that is out of sight with it.
    let below = answer(AP, "bob", "https://remote.example/3", "https://remote.example/2");
    let below = t.stored(AP, below).await;
    assert_eq!(thread(&t, post.id).await, [fine]);
    assert!(!t.home_of(&alice).await.contains(&against));
    assert_eq!(t.told(&alice).await.len(), 2, "of bob's answers");
    assert!(t.hub.view(against, None).await.is_ok() && t.hub.view(below, None).await.is_ok());
    // It is the thread's rule, for members too.
    let carol = t.member("carol").await;
    let answer = Draft { reply_to: Some(post.id), ..draft(&carol, "me?") };
    assert!(t.hub.publish(answer, None).await.is_err());
    let own = Draft { reply_to: Some(post.id), ..draft(&alice, "so:") };
    assert!(t.hub.publish(own, None).await.is_ok());
}

async fn who_is_in_one_of_several_groups_may_answer(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let bob = t.stranger(AP, "bob").await;
    t.stranger(AP, "eve").await;
    t.stranger(AP, "mallory").await;
    t.follow_now(&alice, bob).await;
    t.take(AP, "eve", Some("f1"), What::Follow { target: member_native(AP, "alice") }).await.unwrap();
    let groups = Groups { followers: true, following: true, ..Groups::default() };
    let (post, named) = limited(&t, &alice, Audience::of(groups)).await;
    let followed = t.stored(AP, answer(AP, "bob", "https://remote.example/1", &named)).await;
    let follows = t.stored(AP, answer(AP, "eve", "https://remote.example/2", &named)).await;
    t.stored(AP, answer(AP, "mallory", "https://remote.example/3", &named)).await;
    assert_eq!(thread(&t, post.id).await, [followed, follows]);
}

async fn what_the_author_hides_stays_hidden(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let (post, named) = limited(&t, &alice, Audience::Everyone).await;
    let first = t.stored(AP, answer(AP, "bob", "https://remote.example/1", &named)).await;
    let gate = |hidden: &[&str]| Gate::Answers {
        policy: Audience::Everyone,
        hidden: hidden.iter().map(|id| (*id).to_owned()).collect(),
    };
    let ids = ["https://remote.example/1", "https://remote.example/2"];
    t.hub.set_gate(alice.actor.id, post.id, AP, &gate(&ids)).await.unwrap();
    let told = t.told(&alice).await.len();
    t.stored(AP, answer(AP, "bob", "https://remote.example/2", &named)).await;
    assert!(thread(&t, post.id).await.is_empty());
    assert_eq!(t.told(&alice).await.len(), told);
    t.hub.set_gate(alice.actor.id, post.id, AP, &gate(&ids[1..])).await.unwrap();
    assert_eq!(thread(&t, post.id).await, [first]);
    // Another network's word is another one.
    t.hub.set_gate(alice.actor.id, post.id, NOSTR, &gate(&[])).await.unwrap();
    assert_eq!(thread(&t, post.id).await, [first]);
}

async fn nobody_closes_somebody_elses_post(store: TestStore) {
    let t = test_hub(store);
    t.stranger(NOSTR, "bob").await;
    t.stranger(NOSTR, "eve").await;
    let alice = t.member("alice").await;
    let bob = t.hub.actor_by_native(NOSTR, "bob-key").await.unwrap().unwrap();
    t.follow_now(&alice, bob.id).await;
    let post = t.stored(NOSTR, post_of(NOSTR, "bob", "bobs-post", "talk")).await;
    let gate = || What::Gate {
        target: "bobs-post".into(),
        gate: Gate::Quotes { policy: Audience::Nobody, detached: Vec::new() },
    };
    assert!(super::refused(t.take(NOSTR, "eve", None, gate()).await));
    assert_eq!(t.hub.post(post).await.unwrap().quote_policy, Audience::Everyone);
    assert_eq!(t.take(NOSTR, "bob", None, gate()).await.unwrap(), Received::Stored(Some(post)));
    assert_eq!(t.hub.post(post).await.unwrap().quote_policy, Audience::Nobody);
    let quote = Draft { quote: Some(post), ..draft(&alice, "look") };
    assert!(t.hub.publish(quote, None).await.is_err());
    let eves = InPost {
        quote: Some("bobs-post".into()),
        quote_free: true,
        addressed: vec![member_native(NOSTR, "alice")],
        ..post_of(NOSTR, "eve", "eves-post", "look")
    };
    let eves = t.stored(NOSTR, eves).await;
    assert_eq!(t.hub.post(eves).await.unwrap().quote.unwrap().state, QuoteState::Rejected);
    assert!(t.hub.view(eves, None).await.unwrap().quote.is_none());
}

async fn a_deleted_post_takes_its_rules_along(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let (post, _) = limited(&t, &alice, Audience::Everyone).await;
    let hidden = vec!["https://remote.example/1".to_owned()];
    let gate = Gate::Answers { policy: Audience::Nobody, hidden };
    t.hub.set_gate(alice.actor.id, post.id, AP, &gate).await.unwrap();
    assert_eq!(t.hub.post(post.id).await.unwrap().reply_policy, Audience::Nobody);
    t.hub.delete_post(alice.actor.id, post.id, None).await.unwrap();
    let left = landbridge_store::entities::gated::of_post(
        post.id,
        landbridge_store::entities::gated::Gated::Hidden,
        AP,
    );
    assert!(t.hub.store().row(left).await.unwrap().is_none());
}
