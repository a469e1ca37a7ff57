//! What members are told.

use crate::support::*;
use landbridge_store::testing::TestStore;
use serde_json::Value;

landbridge_store::on_both_engines!(what_others_do_is_told);

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
