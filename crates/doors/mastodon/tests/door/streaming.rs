//! What happens, as it happens.

use crate::support::*;
use futures_util::{SinkExt, StreamExt};
use landbridge_store::testing::TestStore;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::{connect_async, tungstenite::Message};

landbridge_store::on_both_engines!(one_socket_many_streams, events_over_http);

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// The next text; `None` when the socket is closed.
async fn next(socket: &mut Socket) -> Option<Value> {
    loop {
        match timeout(Duration::from_secs(10), socket.next()).await.expect("something comes") {
            Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            Some(Ok(_)) => {}
        }
    }
}

async fn one_socket_many_streams(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.member), &[]).await;
    let base = world.base.replacen("http", "ws", 1);
    assert!(connect_async(format!("{base}/api/v1/streaming?access_token=wrong")).await.is_err());
    let (mut socket, _) =
        connect_async(format!("{base}/api/v1/streaming?access_token={}", bob.token)).await.unwrap();
    let wish = async |socket: &mut Socket, wish: Value| {
        socket.send(Message::Text(wish.to_string().into())).await.unwrap()
    };
    wish(&mut socket, json!({"type": "subscribe", "stream": "nonsense"})).await;
    assert_eq!(next(&mut socket).await.unwrap()["status"], 400);
    wish(&mut socket, json!({"type": "subscribe", "stream": "user"})).await;
    wish(&mut socket, json!({"type": "subscribe", "stream": "hashtag", "tag": "News"})).await;
    wish(&mut socket, json!({"type": "subscribe", "stream": "nonsense"})).await;
    assert_eq!(next(&mut socket).await.unwrap()["status"], 400);
    let post = alice.says("hello #news").await;
    let (first, second) = (next(&mut socket).await.unwrap(), next(&mut socket).await.unwrap());
    assert_eq!((&first["stream"], &first["event"]), (&json!(["user"]), &json!("update")));
    assert_eq!(second["stream"], json!(["hashtag", "News"]));
    let status: Value = serde_json::from_str(first["payload"].as_str().unwrap()).unwrap();
    assert_eq!(status["id"].as_str(), Some(post.as_str()));
    wish(&mut socket, json!({"type": "unsubscribe", "stream": "hashtag", "tag": "News"})).await;
    alice.says("@bobby you").await;
    let mut events = Vec::new();
    for _ in 0..2 {
        events.push(next(&mut socket).await.unwrap()["event"].as_str().unwrap().to_owned());
    }
    events.sort();
    assert_eq!(events, ["notification", "update"]);
    alice.send(reqwest::Method::DELETE, &format!("/api/v1/statuses/{post}"), &[]).await;
    let deleted = next(&mut socket).await.unwrap();
    assert_eq!(
        (deleted["event"].as_str(), deleted["payload"].as_str()),
        (Some("delete"), Some(post.as_str()))
    );
    world.hub.revoke_token(&bob.token).await.unwrap();
    assert!(next(&mut socket).await.is_none());
}

async fn events_over_http(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    assert_eq!(world.get("/api/v1/streaming/health").await.text, "OK");
    let answer = alice.request(reqwest::Method::GET, "/api/v1/streaming/public/local").send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut body = answer.bytes_stream();
    alice.says("heard").await;
    let mut text = String::new();
    while !text.contains("\n\n") {
        let chunk = timeout(Duration::from_secs(10), body.next()).await.unwrap().unwrap().unwrap();
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(text.starts_with("event: update\ndata: {") && text.contains("heard"), "{text}");
}
