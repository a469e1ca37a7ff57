//! Quotes: leave asked, given, taken back.

use super::*;
use crate::support::{draft, test_hub};
use landbridge_hub::{CopyKind, Draft};
use landbridge_model::{Audience, QuoteState};
use landbridge_store::{entities::posts, on_both_engines, testing::TestStore};

on_both_engines!(
    a_request_is_answered_by_the_posts_policy,
    a_quote_counts_when_leave_is_there,
    leave_that_is_taken_back_takes_the_quote_off,
    quotes_need_no_leave_where_nobody_asks
);

async fn post_here(t: &TestHub, member: &Member, policy: Audience) -> (Id, String) {
    let draft = Draft { quote_policy: Some(policy), ..draft(member, "Mine") };
    let post = t.hub.publish(draft, None).await.unwrap();
    (post.id, t.hub.copy_on(CopyKind::Post, post.id, AP).await.unwrap().unwrap().native_id)
}

fn quoting(id: &str, quoted: &str) -> InPost {
    InPost { quote: Some(quoted.into()), ..mention_of(AP, "bob", id, "alice") }
}

async fn a_request_is_answered_by_the_posts_policy(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    let (open, target) = post_here(&t, &alice, Audience::Everyone).await;
    t.wide.take_staged();
    let ask = |target: &str, id: &str| What::QuoteRequest {
        quoted: target.into(),
        quoting: id.into(),
        post: Some(Box::new(quoting(id, target))),
    };
    t.take(AP, "bob", Some("q1"), ask(&target, "https://remote.example/1")).await.unwrap();
    assert_eq!(t.wide.take_staged(), ["answer quote"]);
    assert_eq!(
        t.take(AP, "bob", Some("q1"), ask(&target, "https://remote.example/1")).await.unwrap(),
        Received::Duplicate
    );
    let copy = t.hub.copy(AP, "https://remote.example/1").await.unwrap().unwrap();
    let quote = t.hub.post(copy.object).await.unwrap().quote.unwrap();
    assert_eq!((quote.post, quote.state), (Some(open), QuoteState::Accepted));
    assert_eq!(t.hub.post(open).await.unwrap().quotes, 1);
    let (closed, target) = post_here(&t, &alice, Audience::Nobody).await;
    t.take(AP, "bob", Some("q2"), ask(&target, "https://remote.example/2")).await.unwrap();
    let copy = t.hub.copy(AP, "https://remote.example/2").await.unwrap().unwrap();
    assert_eq!(t.hub.post(copy.object).await.unwrap().quote.unwrap().state, QuoteState::Pending);
    assert_eq!(t.hub.post(closed).await.unwrap().quotes, 0);
}

async fn a_quote_counts_when_leave_is_there(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let carol = t.stranger(AP, "carol").await;
    t.stranger(AP, "bob").await;
    t.follow_now(&alice, carol).await;
    let quoted = t.stored(AP, post_of(AP, "carol", "https://remote.example/c", "x")).await;
    let long_ago = Time(1_700_000_000_000);
    let first =
        InPost { published: long_ago, ..quoting("https://remote.example/1", "https://remote.example/c") };
    let id = t.stored(AP, first.clone()).await;
    assert_eq!(t.hub.post(id).await.unwrap().quote.unwrap().state, QuoteState::Pending);
    let stamped = InPost { quote_stamp: Some("https://remote.example/stamp".into()), ..first };
    t.take(AP, "bob", None, What::Edit(Box::new(stamped.clone()))).await.unwrap();
    assert_eq!(t.hub.post(id).await.unwrap().quote.unwrap().state, QuoteState::Accepted);
    let _ = t.take(AP, "bob", None, What::Edit(Box::new(stamped.clone()))).await;
    assert_eq!(t.hub.post(quoted).await.unwrap().quotes, 1);
    // Shown no longer: once.
    for _ in 0..2 {
        let dropped = InPost { quote: None, quote_stamp: None, ..stamped.clone() };
        t.take(AP, "bob", None, What::Edit(Box::new(dropped))).await.unwrap();
    }
    assert_eq!(t.hub.post(id).await.unwrap().quote.unwrap().state, QuoteState::Revoked);
    assert_eq!(t.hub.post(quoted).await.unwrap().quotes, 0);
}

async fn leave_that_is_taken_back_takes_the_quote_off(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    let carol = t.stranger(AP, "carol").await;
    t.stranger(AP, "bob").await;
    t.follow_now(&alice, carol).await;
    let quoted = t.stored(AP, post_of(AP, "carol", "https://remote.example/c", "x")).await;
    let quote_of = async |id: Id| t.hub.post(id).await.unwrap().quote.unwrap().state;
    let revoked = |stamp: &str| What::QuoteRevoked { stamp: stamp.into() };

    // Somebody else's quote.
    let stamp = "https://remote.example/stamp/1";
    let theirs = InPost {
        quote_stamp: Some(stamp.into()),
        ..quoting("https://remote.example/1", "https://remote.example/c")
    };
    let theirs = t.stored(AP, theirs).await;
    assert_eq!((quote_of(theirs).await, t.hub.post(quoted).await.unwrap().quotes), (QuoteState::Accepted, 1));
    assert!(refused(t.take(AP, "bob", None, revoked(stamp)).await), "not his to take back");
    t.wide.take_staged();
    t.take(AP, "carol", None, revoked(stamp)).await.unwrap();
    assert_eq!((quote_of(theirs).await, t.hub.post(quoted).await.unwrap().quotes), (QuoteState::Revoked, 0));
    assert!(t.wide.take_staged().is_empty());

    // A member's: passed on to whoever got it from here.
    let mine = t.hub.publish(Draft { quote: Some(quoted), ..draft(&alice, "look") }, None).await.unwrap().id;
    let native_id = t.hub.copy_on(CopyKind::Post, mine, AP).await.unwrap().unwrap().native_id;
    t.hub.store().write(posts::set_quote(mine, None, QuoteState::Pending)).await.unwrap();
    let stamp = "https://remote.example/stamp/2";
    let yes = What::QuoteAnswered { request: None, quoting: Some(native_id), stamp: Some(stamp.into()) };
    t.take(AP, "carol", None, yes).await.unwrap();
    assert_eq!(quote_of(mine).await, QuoteState::Accepted);
    t.wide.take_staged();
    t.take(AP, "carol", None, revoked(stamp)).await.unwrap();
    assert_eq!((quote_of(mine).await, t.wide.take_staged()), (QuoteState::Revoked, vec!["edit".to_owned()]));
}

async fn quotes_need_no_leave_where_nobody_asks(store: TestStore) {
    let t = test_hub(store);
    let alice = t.member("alice").await;
    t.stranger(NOSTR, "bob").await;
    let post = t.hub.publish(draft(&alice, "Mine"), None).await.unwrap();
    let target = t.hub.copy_on(CopyKind::Post, post.id, NOSTR).await.unwrap().unwrap().native_id;
    let quote = InPost { quote: Some(target), quote_free: true, ..post_of(NOSTR, "bob", "ev1", "Look") };
    t.stored(NOSTR, quote).await;
    assert_eq!(t.told(&alice).await, [NotificationKind::Quote]);
    assert_eq!(t.hub.post(post.id).await.unwrap().quotes, 1);
}
