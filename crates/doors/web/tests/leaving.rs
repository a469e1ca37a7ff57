//! The end of an account.
#![allow(clippy::disallowed_methods, reason = "the test plays a browser on loopback")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{PASSWORD, World};
use landbridge_hub::Registrations;

#[tokio::test]
async fn an_account_ends_only_with_the_password() {
    let world = World::new(Registrations::Closed).await;
    let mut alice = world.member("alice").await;
    alice.get("/settings/account").await;
    let kept = alice.submit("/settings/account/delete", &[("name", "alice"), ("password", "wrong")]).await;
    assert!(kept.text.contains("nothing was deleted"), "{}", kept.text);
    let gone = alice.submit("/settings/account/delete", &[("name", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(gone.path, "/login?done=gone", "{}", gone.text);
    assert_eq!(world.browser().get("/@alice").await.status, 404);
}

#[tokio::test]
async fn an_account_moves_to_one_that_names_it() {
    let world = World::new(Registrations::Closed).await;
    let mut old = world.member("old").await;
    old.get("/settings/account").await;
    let host = world.origin.trim_start_matches("http://").to_owned();
    let nobody = old.submit("/settings/account/alias", &[("other", &format!("nobody@{host}"))]).await;
    assert!(nobody.text.contains("Nobody is found"), "{}", nobody.text);
    let wrong = [("other", "x@example.org"), ("password", "wrong")];
    let kept = old.submit("/settings/account/move", &wrong).await;
    assert!(kept.text.contains("nothing was moved"), "{}", kept.text);
}
