//! Everything that apps ask for at their start answers, in the form that they read.

use crate::support::*;
use landbridge_hub::{Registrations, moderation::Rule};
use landbridge_store::testing::TestStore;
use reqwest::StatusCode;
use serde_json::json;

landbridge_store::on_both_engines!(
    everything_answers,
    notes_on_rules_are_not_shown,
    approval_is_nothing_to_sign_up_for,
    what_is_not_there_says_so
);

async fn everything_answers(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    alice.says("one").await;
    let lists = [
        "announcements",
        "blocks",
        "bookmarks",
        "conversations",
        "custom_emojis",
        "directory",
        "domain_blocks",
        "endorsements",
        "favourites",
        "featured_tags",
        "filters",
        "followed_tags",
        "follow_requests",
        "instance/activity",
        "instance/domain_blocks",
        "instance/peers",
        "instance/rules",
        "lists",
        "mutes",
        "notifications",
        "scheduled_statuses",
        "suggestions",
        "timelines/home",
        "timelines/public",
        "timelines/tag/x",
        "trends",
        "trends/links",
        "trends/statuses",
        "trends/tags",
    ];
    for path in lists {
        let answer = alice.get(&format!("/api/v1/{path}")).await;
        assert!(answer.is_array(), "{path}: {answer}");
    }
    for path in [
        "accounts/search?q=alice",
        "accounts/familiar_followers?id[]=1",
        "accounts?id[]=1",
        "statuses?id[]=1",
    ] {
        assert!(alice.get(&format!("/api/v1/{path}")).await.is_array(), "{path}");
    }
    assert!(world.get("/api/v1/instance/").await.good("with a slash")["version"].is_string());
    let v2 = world.get("/api/v2/instance").await.good("v2");
    assert!(v2["version"].as_str().unwrap().starts_with("4.2.0 (compatible; Landbridge "));
    assert!(v2["configuration"]["urls"]["streaming"].as_str().unwrap().starts_with("ws://127.0.0.1"));
    assert!(v2["configuration"]["polls"]["max_options"].is_u64() && v2["thumbnail"]["url"].is_string());
    let v1 = world.get("/api/v1/instance").await.good("v1");
    assert_eq!(v1["stats"]["status_count"], 1);
    assert!(
        alice.get("/api/v2/filters").await.is_array() && alice.get("/api/v2/suggestions").await.is_array()
    );
    let account = world.get("/api/v1/accounts/lookup?acct=alice").await.good("account");
    let created = account["created_at"].as_str().unwrap();
    assert!(created.ends_with("T00:00:00.000Z"), "{created}");
    assert!(account["avatar"].as_str().unwrap().starts_with("http://"));
}

async fn notes_on_rules_are_not_shown(store: TestStore) {
    let world = world(store).await;
    world.hub.set_domain_rule("spam.example", Some(Rule::Block), "ask carol").await.unwrap();
    let shown = world.get("/api/v1/instance/domain_blocks").await.good("rules");
    assert_eq!((&shown[0]["domain"], &shown[0]["severity"]), (&json!("spam.example"), &json!("suspend")));
    assert_eq!(shown[0]["comment"], "");
}

async fn approval_is_nothing_to_sign_up_for(store: TestStore) {
    let world = world_with(store, None, Registrations::Approval).await;
    let v1 = world.get("/api/v1/instance").await.good("v1");
    assert_eq!((&v1["registrations"], &v1["approval_required"]), (&json!(false), &json!(false)));
    let v2 = world.get("/api/v2/instance").await.good("v2");
    assert_eq!(v2["registrations"]["enabled"], false);
}

async fn what_is_not_there_says_so(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    for path in [
        "/api/v1/nonsense",
        "/api/v1/statuses/1",
        "/api/v1/statuses/x",
        "/api/v1/accounts/99",
        "/api/v2/notifications",
        "/api/v1/lists/1",
    ] {
        let told = alice.try_get(path).await;
        assert_eq!(told.status, StatusCode::NOT_FOUND, "{path}");
        assert!(told.json["error"].is_string(), "{path}: {}", told.text);
    }
    assert_eq!(alice.try_post("/api/v1/instance", &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(world.get("/api/v1/timelines/home").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(alice.try_post("/api/v1/statuses", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        alice.try_post("/api/v1/statuses", &[("status", "x"), ("visibility", "all")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let unread = alice
        .request(reqwest::Method::POST, "/api/v1/statuses")
        .header("content-type", "application/json")
        .body("{");
    assert_eq!(told(unread).await.status, StatusCode::BAD_REQUEST);
}
