//! Requests, decisions and rules, as a browser without JavaScript meets them.
#![allow(clippy::disallowed_methods, reason = "the test plays a browser on loopback")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::World;
use landbridge_hub::Registrations;

/// What a button on the page sends to: the first form action that ends so.
fn action(text: &str, end: &str) -> String {
    let mut actions = text.split("formaction=\"").skip(1).filter_map(|rest| rest.split('"').next());
    actions.find(|action| action.ends_with(end)).unwrap_or_else(|| panic!("no {end} in {text}")).into()
}

#[tokio::test]
async fn requests_are_answered_and_answers_undone() {
    let world = World::new(Registrations::Closed).await;
    let (mut alice, mut bob) = (world.member("alice").await, world.member("bob").await);
    let page = alice.get("/settings/contacts").await.text;
    assert!(page.contains("on vacation") && page.contains("Private messages"), "{page}");
    let saved = alice
        .submit(
            "/settings/contacts",
            &[("asks", "on"), ("private", "drop"), ("new", "nonsense"), ("new_days", "7")],
        )
        .await;
    assert_eq!(saved.path, "/settings/contacts?done=saved");
    assert!(saved.text.contains("<option value=\"drop\" selected>") && saved.text.contains("value=\"7\""));
    let wrong = alice.submit("/settings/contacts", &[("new_days", "0")]).await;
    assert_eq!(wrong.status, 422);
    alice.at = "/settings/contacts".into();

    let me = world.hub.member_named("alice").await.unwrap().actor.id;
    bob.get("/@alice").await;
    bob.submit(&format!("/people/{me}/follow"), &[]).await;
    assert!(alice.get("/notifications").await.text.contains("waits for your answer"));
    let page = alice.get("/requests").await.text;
    assert!(page.contains("wants to follow you") && page.contains("asked before anybody follows"), "{page}");
    let declined = alice.submit(&action(&page, "/decline"), &[]).await;
    assert_eq!(declined.path, "/requests?done=answered");
    assert!(declined.text.contains("Nobody is waiting"));

    let log = alice.get("/requests/log").await.text;
    assert!(log.contains("was declined, to follow you") && log.contains("was asked to wait"), "{log}");
    let undone = alice.submit(&action(&log, "/undo"), &[]).await;
    assert_eq!(undone.path, "/requests/log?done=undone");
    assert!(undone.text.contains("(undone)"));

    bob.get("/@alice").await;
    bob.submit(&format!("/people/{me}/follow"), &[]).await;
    let page = alice.get("/requests").await.text;
    alice.submit(&action(&page, "/accept"), &[]).await;
    assert_eq!(world.hub.actor(me).await.unwrap().followers, 1);
    let log = alice.get("/requests/log").await.text;
    alice.submit(&action(&log, "/undo"), &[]).await;
    assert_eq!(world.hub.actor(me).await.unwrap().followers, 0);

    bob.get("/@alice").await;
    bob.submit(&format!("/people/{me}/follow"), &[]).await;
    let page = alice.get("/requests").await.text;
    alice.submit(&action(&page, "/block"), &[]).await;
    let bob = world.hub.member_named("bob").await.unwrap().actor.id;
    assert!(world.hub.relationship(me, bob).await.unwrap().blocking);
    // Nobody answers for somebody else.
    let mut carol = world.member("carol").await;
    carol.get("/").await;
    assert_eq!(carol.submit(&action(&page, "/accept"), &[]).await.status, 404);
}

#[tokio::test]
async fn a_vacation_is_shown_on_the_profile() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    alice.get("/settings/contacts").await;
    let saved = alice.submit("/settings/contacts", &[("vacation", "on")]).await;
    assert!(saved.text.contains("name=\"vacation\" checked"));
    let me = world.hub.member_named("alice").await.unwrap().actor;
    assert!(me.locked);
    world.hub.set_young(me.id, true).await.unwrap();
    let page = alice.get("/settings/contacts").await.text;
    assert!(page.contains("young members"), "{page}");
    alice.submit("/settings/contacts", &[]).await;
    assert!(world.hub.actor(me.id).await.unwrap().locked);
}
