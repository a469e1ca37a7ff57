//! What members are told.

use crate::support::*;
use landbridge_store::testing::TestStore;
use serde_json::Value;

landbridge_store::on_both_engines!(what_others_do_is_told, every_kind_is_told);

fn kinds(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|n| n["type"].as_str().unwrap()).collect()
}

async fn what_others_do_is_told(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let post = alice.says("tell me").await;
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.member), &[]).await;
    bob.post(&format!("/api/v1/statuses/{post}/favourite"), &[]).await;
    bob.post(&format!("/api/v1/statuses/{post}/reblog"), &[]).await;
    bob.says("@alice there").await;
    let all = alice.get("/api/v1/notifications").await;
    assert_eq!(kinds(&all), ["mention", "reblog", "favourite", "follow"]);
    assert_eq!(all[1]["status"]["id"].as_str(), Some(post.as_str()));
    assert_eq!(all[2]["account"]["acct"], "bobby");
    assert_eq!(
        kinds(&alice.get("/api/v1/notifications?types[]=mention&types[]=follow").await),
        ["mention", "follow"]
    );
    assert_eq!(kinds(&alice.get("/api/v1/notifications?exclude_types[]=mention&limit=1").await), ["reblog"]);
    let page = alice.get(&format!("/api/v1/notifications?min_id={}&limit=1", id(&all[3]))).await;
    assert_eq!(kinds(&page), ["favourite"]);
    assert_eq!(alice.get("/api/v1/notifications/unread_count").await["count"], 4);
    alice.post("/api/v1/markers", &[("notifications[last_read_id]", &id(&all[1]))]).await;
    let markers = alice.get("/api/v1/markers?timeline[]=notifications&timeline[]=home").await;
    assert_eq!(markers["notifications"]["last_read_id"].as_str(), Some(id(&all[1]).as_str()));
    assert_eq!(alice.get("/api/v1/notifications/unread_count").await["count"], 1);
    alice.post(&format!("/api/v1/notifications/{}/dismiss", id(&all[0])), &[]).await;
    assert_eq!(kinds(&alice.get("/api/v1/notifications").await), ["reblog", "favourite", "follow"]);
    alice.post("/api/v1/notifications/clear", &[]).await;
    assert_eq!(alice.get("/api/v1/notifications").await, serde_json::json!([]));
}

async fn every_kind_is_told(store: TestStore) {
    let world = world(store).await;
    let (alice, bob, carol) = (world.app("alice").await, world.app("bobby").await, world.app("carol").await);
    let follow = format!("/api/v1/accounts/{}/follow", alice.member);
    bob.post(&follow, &[("notify", "true")]).await;
    let update = "/api/v1/accounts/update_credentials";
    alice.send(reqwest::Method::PATCH, update, &[("locked", "true")]).await;
    carol.post(&follow, &[]).await;
    let post = alice.says("news").await;
    assert_eq!(kinds(&bob.get("/api/v1/notifications").await), ["status"]);
    bob.post(&format!("/api/v1/statuses/{post}/reblog"), &[]).await;
    alice.send(reqwest::Method::PUT, &format!("/api/v1/statuses/{post}"), &[("status", "old news")]).await;
    assert_eq!(kinds(&bob.get("/api/v1/notifications").await), ["update", "status"]);
    bob.post("/api/v1/statuses", &[("status", "look"), ("quoted_status_id", &post)]).await;
    let all = alice.get("/api/v1/notifications").await;
    assert_eq!(kinds(&all), ["quote", "reblog", "follow_request", "follow"]);
    assert_eq!((&all[2]["account"]["acct"], &all[2]["status"]), (&"carol".into(), &Value::Null));
    assert!(all[0]["created_at"].as_str().unwrap().ends_with('Z') && all[0]["group_key"].is_string());
    let by = format!("/api/v1/notifications?account_id={}", carol.member);
    assert_eq!(kinds(&alice.get(&by).await), ["follow_request"]);
    assert_eq!(kinds(&alice.get("/api/v1/notifications?types[]=admin.report").await), [""; 0]);
    let told =
        alice.try_get("/api/v1/notifications?limit=2&types[]=reblog&types[]=follow&types[]=quote").await;
    let link = told.headers["link"].to_str().unwrap().to_owned();
    assert_eq!(kinds(&told.json), ["quote", "reblog"]);
    let next = link.split('>').next().unwrap().trim_start_matches('<').strip_prefix(&world.base).unwrap();
    assert_eq!(kinds(&alice.get(next).await), ["follow"]);
    let one = alice.get(&format!("/api/v1/notifications/{}", id(&all[1]))).await;
    assert_eq!(one, all[1]);
    assert_eq!(bob.try_get(&format!("/api/v1/notifications/{}", id(&all[1]))).await.status, 404);
    // What is taken back is not told any more; what is muted is not told at all.
    bob.post(&format!("/api/v1/statuses/{post}/unreblog"), &[]).await;
    alice.post(&format!("/api/v1/accounts/{}/mute", bob.member), &[]).await;
    bob.post(&format!("/api/v1/statuses/{post}/favourite"), &[]).await;
    assert_eq!(kinds(&alice.get("/api/v1/notifications").await), ["follow_request"]);
    alice.post(&format!("/api/v1/accounts/{}/unmute", bob.member), &[]).await;
    assert_eq!(kinds(&alice.get("/api/v1/notifications").await), ["quote", "follow_request", "follow"]);
    carol.post(&format!("/api/v1/accounts/{}/unfollow", alice.member), &[]).await;
    assert_eq!(kinds(&alice.get("/api/v1/notifications").await), ["quote", "follow"]);
}
