//! What is ours alone: grants, previews.

use crate::{client::*, support::*};
use landbridge_store::testing::TestStore;
use reqwest::{Method, StatusCode};

landbridge_store::on_both_engines!(grants_are_seen_and_ended, nothing_is_told_of_others_posts);

async fn grants_are_seen_and_ended(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let client = Client::register(&world, "https://app.example/", "read write").await;
    let token = client.exchange(&client.allowed("alice", &[]).await, &[]).await.good("token");
    let phone = App {
        base: world.base.clone(),
        token: token["access_token"].as_str().unwrap().into(),
        member: alice.member,
    };
    let grants = alice.get("/api/landbridge/v1/grants").await;
    let of = |current: bool| {
        let mut all = grants.as_array().unwrap().iter();
        all.find(|g| g["current"] == current).unwrap().clone()
    };
    assert_eq!(grants.as_array().unwrap().len(), 2);
    assert_eq!(
        (&of(false)["name"], &of(false)["scopes"]),
        (&"An <app>".into(), &serde_json::json!(["read"]))
    );
    assert_eq!(of(true)["purpose"], "mastodon");
    for key in ["id", "created_at", "last_used_at", "expires_at"] {
        assert!(of(true).as_object().unwrap().contains_key(key), "{key}");
    }
    let path = format!("/api/landbridge/v1/grants/{}", id(&of(false)));
    assert_eq!(alice.get(&path).await["uses"][0]["what"], "granted");
    for path in [path.as_str(), "/api/landbridge/v1/grants/1"] {
        assert_eq!(bob.try_get(path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(told(bob.request(Method::DELETE, path)).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(told(phone.request(Method::DELETE, &path)).await.status, StatusCode::FORBIDDEN);
    phone.get("/api/v1/timelines/home").await;
    alice.send(Method::DELETE, &path, &[]).await;
    assert_eq!(phone.try_get("/api/v1/timelines/home").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(told(alice.request(Method::DELETE, &path)).await.status, StatusCode::NOT_FOUND);
    let ended = alice.get(&path).await;
    let done: Vec<&str> =
        ended["uses"].as_array().unwrap().iter().filter_map(|line| line["what"].as_str()).collect();
    assert_eq!(done, ["ended by the member", "read:statuses", "granted"], "newest first");
    assert_eq!(alice.get("/api/landbridge/v1/grants").await.as_array().unwrap().len(), 1);
    assert_eq!(world.get("/api/landbridge/v1/grants").await.status, StatusCode::UNAUTHORIZED);
}

async fn nothing_is_told_of_others_posts(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    let path = format!("/api/landbridge/v1/statuses/{}/deliveries", alice.says("mine").await);
    assert_eq!(alice.get(&path).await, serde_json::json!({ "copies": [], "deliveries": [] }));
    assert_eq!(bob.try_get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&path).await.status, StatusCode::UNAUTHORIZED);
    // On no network there is nothing to foretell, and a preview posts nothing.
    let preview = alice.post("/api/landbridge/v1/preview", &[("status", "would be")]).await;
    assert_eq!(preview, serde_json::json!([]));
    assert_eq!(ids(&alice.get("/api/v1/timelines/home").await).len(), 1);
    let wrong = alice.try_post("/api/landbridge/v1/preview", &[("in_reply_to_id", "99")]).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
}
