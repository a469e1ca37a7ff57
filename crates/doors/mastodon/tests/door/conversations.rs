//! Private messages as apps see them.

use crate::support::*;
use futures_util::StreamExt;
use landbridge_store::testing::TestStore;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

landbridge_store::on_both_engines!(
    a_conversation_is_listed_read_and_deleted,
    pages_of_conversations,
    a_stream_tells_of_a_message,
    the_log_says_which_grant_read_which_conversation,
);

async fn message(by: &App, text: &str) -> Value {
    by.post("/api/v1/statuses", &[("status", text), ("visibility", "direct")]).await
}

/// Whom one follows is no stranger.
async fn follows(one: &App, other: &App) {
    one.post(&format!("/api/v1/accounts/{}/follow", other.member), &[]).await;
}

async fn a_conversation_is_listed_read_and_deleted(store: TestStore) {
    let world = world(store).await;
    let (alice, bob, carol) = (world.app("alice").await, world.app("bobby").await, world.app("carol").await);
    follows(&bob, &alice).await;
    let first = message(&alice, "@bobby are you there?").await;
    let listed = bob.get("/api/v1/conversations").await;
    let one = &listed[0];
    assert_eq!((&one["unread"], &one["accounts"][0]["username"]), (&json!(true), &json!("alice")));
    assert_eq!(one["last_status"]["id"], first["id"]);
    assert_eq!(one["last_status"]["visibility"], "direct");
    let ours = &one["landbridge"];
    assert_eq!((&ours["secrecy"], &ours["network"]), (&json!("server-readable"), &Value::Null));
    assert_eq!((&ours["weaker"], &ours["agreed"]), (&json!(false), &json!("server-readable")));
    assert!(ours["words"].as_str().unwrap().contains("can read it"), "{ours}");
    // The writer has read their own words; nobody else sees anything.
    assert_eq!(alice.get("/api/v1/conversations").await[0]["unread"], false);
    assert!(ids(&carol.get("/api/v1/conversations").await).is_empty());

    let path = format!("/api/v1/conversations/{}", id(one));
    assert_eq!(carol.try_post(&format!("{path}/read"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(bob.post(&format!("{path}/read"), &[]).await["unread"], false);
    // An answer stays in it; a third person makes another one.
    let first_id = id(&first);
    let answer = [("status", "@alice yes"), ("visibility", "direct"), ("in_reply_to_id", first_id.as_str())];
    bob.post("/api/v1/statuses", &answer).await;
    assert_eq!(ids(&bob.get("/api/v1/conversations").await), [id(one)]);
    message(&bob, "@alice @carol all of us").await;
    assert_eq!(ids(&bob.get("/api/v1/conversations").await).len(), 2);

    let whole = bob.get(&format!("/api/landbridge/v1/conversations/{}", id(one))).await;
    let said: Vec<&str> = whole["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["status"]["content"].as_str().unwrap())
        .collect();
    assert!(said[0].contains("yes") && said[1].contains("are you there?"), "{said:?}");
    assert_eq!(
        (&whole["messages"][0]["state"], &whole["messages"][1]["state"]),
        (&json!("accepted"), &Value::Null)
    );
    assert_eq!(carol.try_get(&format!("/api/landbridge/v1/conversations/{}", id(one))).await.status, 404);

    bob.send(Method::DELETE, &path, &[]).await;
    assert_eq!(ids(&bob.get("/api/v1/conversations").await).len(), 1);
    assert_eq!(bob.try_get(&format!("/api/v1/statuses/{first_id}")).await.status, StatusCode::NOT_FOUND);
    // Alice keeps hers; when she deletes it too, nothing is left.
    assert_eq!(alice.try_get(&format!("/api/v1/statuses/{first_id}")).await.status, StatusCode::OK);
    let hers = ids(&alice.get("/api/v1/conversations").await);
    for conversation in hers {
        alice.send(Method::DELETE, &format!("/api/v1/conversations/{conversation}"), &[]).await;
    }
    assert!(world.hub.post(first_id.parse().unwrap()).await.is_err());
}

async fn pages_of_conversations(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    for name in ["bobby", "carol", "daisy"] {
        world.member(name).await;
        message(&alice, &format!("@{name} hello")).await;
    }
    let first = alice.try_get("/api/v1/conversations?limit=2").await;
    let names = |list: &Value| -> Vec<String> {
        let all = list.as_array().unwrap().iter();
        all.map(|c| c["accounts"][0]["username"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&first.json), ["daisy", "carol"]);
    let link = first.headers["link"].to_str().unwrap();
    let next = link.split(['<', '>']).nth(1).unwrap().strip_prefix(&world.base).unwrap();
    assert_eq!(names(&alice.get(next).await), ["bobby"]);
}

async fn a_stream_tells_of_a_message(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    follows(&bob, &alice).await;
    let answer = bob.request(Method::GET, "/api/v1/streaming/direct").send().await.unwrap();
    let mut body = answer.bytes_stream();
    alice.says("in the open").await;
    let sent = message(&alice, "@bobby psst").await;
    let mut text = String::new();
    while !text.contains("\n\n") {
        let chunk =
            tokio::time::timeout(Duration::from_secs(10), body.next()).await.unwrap().unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let told = text.strip_prefix("event: conversation\ndata: ").unwrap_or_else(|| panic!("{text}"));
    let told: Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    assert_eq!((&told["unread"], &told["last_status"]["id"]), (&json!(true), &sent["id"]));
}

async fn the_log_says_which_grant_read_which_conversation(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    follows(&bob, &alice).await;
    let sent = message(&alice, "@bobby psst").await;
    let grants = bob.get("/api/landbridge/v1/grants").await;
    let log = format!("/api/landbridge/v1/grants/{}", id(&grants[0]));
    let read = async || {
        let uses = bob.get(&log).await["uses"].as_array().unwrap().clone();
        uses.iter()
            .filter_map(|u| u["what"].as_str()?.strip_prefix("read conversation ").map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert!(read().await.is_empty());
    // Wherever its words are shown, not only in the list.
    bob.get("/api/v1/notifications").await;
    let of_notice = read().await;
    assert_eq!(of_notice.len(), 1);
    bob.get(&format!("/api/v1/statuses/{}", id(&sent))).await;
    let conversation = id(&bob.get("/api/v1/conversations").await[0]);
    assert_eq!(read().await, std::slice::from_ref(&conversation));
    assert_eq!(of_notice, [conversation]);
}
