//! Reports: where they go, and how many are kept.

use crate::{
    receive::{AP, NOSTR, ignored, member_native},
    support::{draft, test_hub},
};
use landbridge_hub::{HubError, What, publish::NewReport};
use landbridge_store::{on_both_engines, testing::TestStore};

on_both_engines!(
    a_report_goes_where_the_member_wants_it,
    a_report_is_closed_once,
    a_flood_of_reports_is_bounded,
);

async fn a_report_goes_where_the_member_wants_it(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let (bob, carol) = (t.stranger(AP, "bob").await, t.stranger(NOSTR, "carol").await);
    t.wide.take_staged();
    t.open.take_staged();
    let report = |target| NewReport { target, comment: "rude", category: "other", ..NewReport::default() };
    let me = alice.actor.id;
    t.hub.report(me, report(bob)).await.unwrap();
    t.hub.report(me, NewReport { in_public: true, ..report(bob) }).await.unwrap();
    t.hub.report(me, NewReport { forward: true, ..report(carol) }).await.unwrap();
    assert!(t.wide.take_staged().is_empty() && t.open.take_staged().is_empty(), "only for those here");
    t.hub.report(me, NewReport { forward: true, ..report(bob) }).await.unwrap();
    assert_eq!((t.wide.take_staged(), t.open.take_staged()), (vec!["report".into()], vec![]));
    // Public there: only when it was said so.
    t.hub.report(me, NewReport { in_public: true, ..report(carol) }).await.unwrap();
    assert_eq!((t.wide.take_staged(), t.open.take_staged()), (vec![], vec!["report".into()]));
    // A member of this server has no other side.
    t.hub.report(me, NewReport { forward: true, in_public: true, ..report(anna.actor.id) }).await.unwrap();
    assert!(t.wide.take_staged().is_empty() && t.open.take_staged().is_empty());
    assert_eq!(t.hub.reports(50).await.unwrap().len(), 6);
}

async fn a_report_is_closed_once(store: TestStore) {
    let t = test_hub(store);
    let (alice, anna) = (t.member("alice").await, t.member("anna").await);
    let (hers, mine) = (
        t.hub.publish(draft(&anna, "rude"), None).await.unwrap().id,
        t.hub.publish(draft(&alice, "kind"), None).await.unwrap().id,
    );
    let new =
        NewReport { target: anna.actor.id, posts: &[hers, mine], category: "spam", ..NewReport::default() };
    let id = t.hub.report(alice.actor.id, new).await.unwrap();
    assert_eq!(t.hub.report_by_id(id).await.unwrap().posts, [hers], "only posts of whom it is about");
    t.hub.close_report(id, "nothing in it").await.unwrap();
    let closed = t.hub.report_by_id(id).await.unwrap();
    assert_eq!((closed.resolved, closed.note.as_str()), (true, "nothing in it"));
    assert!(matches!(t.hub.close_report(id, "").await, Err(HubError::NotFound)));
}

async fn a_flood_of_reports_is_bounded(store: TestStore) {
    let t = test_hub(store);
    t.member("alice").await;
    t.stranger(AP, "mallory").await;
    let report = || What::Report { targets: vec![member_native(AP, "alice")], comment: "x".into() };
    for n in 0..20 {
        let id = format!("https://remote.example/reports/{n}");
        t.take(AP, "mallory", Some(&id), report()).await.unwrap();
    }
    assert!(ignored(t.take(AP, "mallory", Some("https://remote.example/reports/21"), report()).await));
    let open = t.hub.reports(100).await.unwrap();
    assert_eq!(open.len(), 20);
    // Once they are dealt with there is room again.
    t.hub.close_report(open[0].id, "").await.unwrap();
    t.take(AP, "mallory", Some("https://remote.example/reports/22"), report()).await.unwrap();
    assert_eq!(t.hub.reports(100).await.unwrap().len(), 21);
}
