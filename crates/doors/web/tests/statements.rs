//! Statements of reasons and appeals, as a browser without JavaScript meets them.
#![allow(clippy::disallowed_methods, reason = "the test plays a browser on loopback")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{PASSWORD, World};
use landbridge_hub::{
    Registrations,
    moderation::{Measure, Why},
};

fn why(reason: &str) -> Why {
    Why { reason: reason.into(), rule: "3: <no> shouting".into(), ..Why::default() }
}

#[tokio::test]
async fn whoever_is_suspended_reads_why_and_appeals() {
    let world = World::new(Registrations::Closed).await;
    world.member("alice").await;
    let me = world.hub.member_named("alice").await.unwrap().actor.id;
    let id = world.hub.take_down_account(me, Measure::Suspended, &why("She <b>shouted</b>.")).await.unwrap();
    let mut browser = world.browser();
    browser.get("/login").await;
    let wrong = browser.submit("/login", &[("name", "alice"), ("password", "not the password")]).await;
    assert!(wrong.status == 401 && !wrong.text.contains("shout"), "nobody else is told: {}", wrong.text);
    let page = browser.submit("/login", &[("name", "alice"), ("password", PASSWORD)]).await;
    assert!(page.path.starts_with(&format!("/statement/{id}/")), "{}", page.path);
    assert!(
        page.text.contains("She &#60;b&#62;shouted") && page.text.contains("3: &#60;no&#62; shouting"),
        "{}",
        page.text
    );
    let path = page.path.clone();
    let sent = browser.submit(&path, &[("text", "It was a song.")]).await;
    assert_eq!(sent.path, format!("{path}?done=appealed"));
    assert!(sent.text.contains("It was a song.") && sent.text.contains("waits for an answer"));
    assert!(!sent.text.contains("<textarea"), "once");
    world.hub.answer_appeal(id, true, "So it was.").await.unwrap();
    let answered = browser.get(&path).await.text;
    assert!(
        answered.contains("So it was.")
            && answered.contains("appeal was right")
            && answered.contains("It was undone")
    );
    assert_eq!(browser.get(&format!("/statement/{id}/{}", "A".repeat(24))).await.status, 404);
}

#[tokio::test]
async fn a_member_finds_decisions_about_them() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    assert!(alice.get("/decisions").await.text.contains("decided nothing about you"));
    let me = world.hub.member_named("alice").await.unwrap().actor.id;
    let id = world.hub.warn(me, &why("Loud.")).await.unwrap();
    let path = world.hub.statement_path(id);
    let notices = alice.get("/notifications").await.text;
    assert!(notices.contains(&path) && notices.contains("the moderators decided"), "{notices}");
    assert!(alice.get("/decisions").await.text.contains(&path));
    // Another site cannot appeal in somebody's name.
    let forged = alice.post(&path, &[("text", "Never mind.")]).await;
    assert_eq!(forged.status, 403);
    assert!(world.hub.decision(id).await.unwrap().appeal.is_none());
}
