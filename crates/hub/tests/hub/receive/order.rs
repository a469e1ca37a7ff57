//! Whatever the order and however often things come, the end is the same.

use super::*;
use crate::support::test_hub;
use landbridge_hub::Undone;
use landbridge_store::{EngineKind, args, query, testing::TestStore};
use proptest::{prelude::*, test_runner::TestRunner};

const POST: &str = "https://remote.example/1";
const REPLY: &str = "https://remote.example/2";

/// What happens, in the order in which it happened; each may arrive at any place and many times.
fn happenings(deleted: bool) -> Vec<Incoming> {
    let began = Time(1_700_000_000_000);
    let later = |ms: i64| Time(began.0 + ms);
    let post = InPost { published: began, ..mention_of(AP, "bob", POST, "alice") };
    let edited = |ms: i64, text: &str| {
        let text = RichText::new(format!("@alice {text}"), post.text.marks.clone());
        What::Edit(Box::new(InPost { updated: Some(later(ms)), text, ..post.clone() }))
    };
    let reply = InPost {
        published: later(10),
        reply_to: Some(POST.into()),
        ..mention_of(AP, "carol", REPLY, "alice")
    };
    let like = || What::React { target: REPLY.into(), content: String::new(), emoji: None };
    let undo = |id: &str| What::Undo(Undone { id: Some(id.into()), what: None });
    let mut all = vec![
        incoming(AP, "bob", Some("c1"), What::Post(Box::new(post.clone()))),
        incoming(AP, "bob", Some("u1"), edited(1000, "second")),
        incoming(AP, "bob", Some("u2"), edited(2000, "third")),
        incoming(AP, "carol", Some("c2"), What::Post(Box::new(reply))),
        incoming(AP, "bob", Some("l1"), like()),
        incoming(AP, "bob", Some("n1"), undo("l1")),
        incoming(AP, "carol", Some("f1"), What::Follow { target: member_native(AP, "alice") }),
        incoming(AP, "carol", Some("n2"), undo("f1")),
    ];
    if deleted {
        all.push(incoming(AP, "carol", Some("d2"), What::Delete { target: REPLY.into() }));
    }
    all
}

/// Everything that can be seen of it.
async fn end(t: &TestHub, alice: &Member) -> String {
    let mut seen = Vec::new();
    for native_id in [POST, REPLY] {
        match t.hub.copy(AP, native_id).await.unwrap() {
            None => seen.push(format!("{native_id} is not there")),
            Some(copy) => {
                let post = t.hub.post(copy.object).await.unwrap();
                let parent = match post.reply_to {
                    Some(id) => t.hub.post(id).await.unwrap().text.text,
                    None => String::new(),
                };
                let root = post.root == post.id;
                seen.push(format!(
                    "{} likes {} replies {} to {parent:?} root {root}",
                    post.text.text, post.likes, post.replies
                ));
            }
        }
    }
    let followers = t.hub.actor(alice.actor.id).await.unwrap().followers;
    let mut told: Vec<String> = t.told(alice).await.iter().map(|kind| format!("{kind:?}")).collect();
    told.sort();
    let reactions = t.hub.store().rows(query("SELECT 1 FROM reactions", args![])).await.unwrap().len();
    seen.push(format!("followers {followers} told {told:?} reactions {reactions}"));
    seen.join("\n")
}

async fn play(engine: EngineKind, order: &[usize], deleted: bool) -> String {
    let t = test_hub(TestStore::new(engine).await);
    let alice = t.member("alice").await;
    t.stranger(AP, "bob").await;
    t.stranger(AP, "carol").await;
    let all = happenings(deleted);
    for n in order {
        let outcome = t.hub.receive(all[*n].clone()).await;
        assert!(!matches!(outcome, Err(Refused::Later(_))), "{outcome:?}");
    }
    end(&t, &alice).await
}

fn any_order(engine: EngineKind, cases: u32) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for deleted in [false, true] {
        let count = happenings(deleted).len();
        let straight: Vec<usize> = (0..count).collect();
        let expected = runtime.block_on(play(engine, &straight, deleted));
        // Each at least once in any order, some of them again.
        let orders = (Just(straight).prop_shuffle(), prop::collection::vec(0..count, 0..6));
        let mut runner =
            TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() });
        let outcome = runner.run(&orders, |(mut order, again)| {
            order.extend(again);
            let end = runtime.block_on(play(engine, &order, deleted));
            prop_assert_eq!(end, expected.clone());
            Ok(())
        });
        outcome.unwrap();
    }
}

#[test]
fn any_order_ends_the_same_on_sqlite() {
    any_order(EngineKind::Sqlite, 40);
}

#[test]
fn any_order_ends_the_same_on_postgres() {
    any_order(EngineKind::Postgres, 6);
}
