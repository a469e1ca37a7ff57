//! People.

use crate::support::*;
use landbridge_store::testing::TestStore;
use reqwest::{Method, StatusCode};
use serde_json::json;

landbridge_store::on_both_engines!(
    a_profile_is_changed,
    follows_can_need_an_answer,
    blocks_and_notes,
    what_an_app_does_can_be_read
);

async fn a_profile_is_changed(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let part = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = [
        part("display_name", "Alice"),
        part("note", "I am #alice"),
        part("bot", "true"),
        part("source[privacy]", "unlisted"),
        part("fields_attributes[0][name]", "Web"),
        part("fields_attributes[0][value]", "https://alice.example"),
        "--x--\r\n".into(),
    ];
    let request = alice.request(Method::PATCH, "/api/v1/accounts/update_credentials");
    let request = request.header("content-type", "multipart/form-data; boundary=x").body(body.concat());
    let account = told(request).await.good("update");
    assert_eq!((account["display_name"].as_str(), account["bot"].as_bool()), (Some("Alice"), Some(true)));
    assert_eq!(
        (&account["source"]["note"], &account["source"]["privacy"]),
        (&json!("I am #alice"), &json!("unlisted"))
    );
    assert!(account["note"].as_str().unwrap().contains("class=\"mention hashtag\""));
    assert!(account["fields"][0]["value"].as_str().unwrap().contains("href=\"https://alice.example/\""));
    assert_eq!(alice.get("/api/v1/preferences").await["posting:default:visibility"], "unlisted");
    assert_eq!(alice.post("/api/v1/statuses", &[("status", "x")]).await["visibility"], "unlisted");
    assert_eq!(world.get("/api/v1/accounts/lookup?acct=alice").await.good("lookup")["display_name"], "Alice");
    assert_eq!(world.get("/api/v1/accounts/lookup?acct=nobody").await.status, StatusCode::NOT_FOUND);
    let picture = account["avatar"].as_str().unwrap().strip_prefix(&world.base).unwrap().to_owned();
    assert_eq!(world.get(&picture).await.headers["content-type"], "image/png");
}

async fn follows_can_need_an_answer(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    alice.send(Method::PATCH, "/api/v1/accounts/update_credentials", &[("locked", "true")]).await;
    let asked = bob.post(&format!("/api/v1/accounts/{}/follow", alice.member), &[("reblogs", "false")]).await;
    assert_eq!((asked["requested"].as_bool(), asked["following"].as_bool()), (Some(true), Some(false)));
    assert_eq!(ids(&alice.get("/api/v1/follow_requests").await), [bob.member.to_string()]);
    assert_eq!(alice.get("/api/v1/accounts/verify_credentials").await["source"]["follow_requests_count"], 1);
    let answered = alice.post(&format!("/api/v1/follow_requests/{}/authorize", bob.member), &[]).await;
    assert_eq!(answered["followed_by"], true);
    assert_eq!(
        ids(&bob.get(&format!("/api/v1/accounts/{}/followers", alice.member)).await),
        [bob.member.to_string()]
    );
    let both =
        bob.get(&format!("/api/v1/accounts/relationships?id[]={}&id[]={}", alice.member, bob.member)).await;
    assert_eq!(
        (both[0]["following"].as_bool(), both[0]["showing_reblogs"].as_bool()),
        (Some(true), Some(false))
    );
    let removed = alice.post(&format!("/api/v1/accounts/{}/remove_from_followers", bob.member), &[]).await;
    assert_eq!(removed["followed_by"], false);
}

async fn blocks_and_notes(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let of = |what: &str| format!("/api/v1/accounts/{}/{what}", bob.member);
    assert_eq!(
        alice.post(&of("mute"), &[("notifications", "false"), ("duration", "60")]).await["muting_notifications"],
        false
    );
    assert_eq!(ids(&alice.get("/api/v1/mutes").await), [bob.member.to_string()]);
    assert_eq!(alice.post(&of("unmute"), &[]).await["muting"], false);
    assert_eq!(alice.post(&of("note"), &[("comment", "met at a fair")]).await["note"], "met at a fair");
    assert_eq!(alice.post(&of("block"), &[]).await["blocking"], true);
    assert_eq!(ids(&alice.get("/api/v1/blocks").await), [bob.member.to_string()]);
    assert_eq!(alice.post(&of("unblock"), &[]).await["blocking"], false);
    alice.send(Method::POST, "/api/v1/domain_blocks", &[("domain", "Bad.example")]).await;
    assert_eq!(alice.get("/api/v1/domain_blocks").await, json!(["bad.example"]));
    alice.send(Method::DELETE, "/api/v1/domain_blocks", &[("domain", "bad.example")]).await;
    assert_eq!(alice.get("/api/v1/domain_blocks").await, json!([]));
    let report =
        alice.post("/api/v1/reports", &[("account_id", &bob.member.to_string()), ("comment", "look")]).await;
    assert_eq!(report["target_account"]["acct"], "bobby");
}

async fn what_an_app_does_can_be_read(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    for _ in 0..3 {
        alice.get("/api/v1/timelines/home").await;
    }
    alice.says("once").await;
    let grant = id(&alice.get("/api/landbridge/v1/grants").await[0]);
    let path = format!("/api/landbridge/v1/grants/{grant}");
    let uses = alice.get(&path).await["uses"].clone();
    let count = |what: &str| {
        let line = uses.as_array().unwrap().iter().find(|line| line["what"] == what);
        line.map_or(0, |line| line["uses"].as_u64().unwrap())
    };
    assert_eq!((count("read:statuses"), count("write:statuses")), (3, 1), "{uses}");
    assert!(count("read:accounts") >= 1 && uses[0]["hour"].is_string());
    assert_eq!(bob.try_get(&path).await.status, StatusCode::NOT_FOUND);
}
