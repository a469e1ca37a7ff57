//! What happens, as it happens.

use crate::support::*;
use futures_util::{SinkExt, StreamExt};
use landbridge_model::ActorState;
use landbridge_store::{entities::actors, testing::TestStore};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

landbridge_store::on_both_engines!(
    one_socket_many_streams,
    events_over_http,
    every_way_to_show_a_token,
    what_a_stream_tells,
    notifications_need_their_scope,
    who_is_limited_is_heard_by_followers_alone
);

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

async fn every_way_to_show_a_token(store: TestStore) {
    let world = world(store).await;
    let alice = world.app("alice").await;
    let base = world.base.replacen("http", "ws", 1);
    let asked = |path: &str| format!("{base}/api/v1/streaming{path}").into_client_request().unwrap();
    let mut by_header = asked("?stream=user");
    by_header.headers_mut().insert("authorization", format!("Bearer {}", alice.token).parse().unwrap());
    let mut by_protocol = asked("/?stream=user");
    by_protocol.headers_mut().insert("sec-websocket-protocol", alice.token.parse().unwrap());
    let by_query = asked(&format!("?access_token={}&stream=user", alice.token));
    for (place, request) in [by_header, by_protocol, by_query].into_iter().enumerate() {
        let (mut socket, answer) = connect_async(request).await.unwrap();
        let protocol = answer.headers().get("sec-websocket-protocol").map(|p| p.to_str().unwrap().to_owned());
        assert_eq!(protocol, (place == 1).then(|| alice.token.clone()));
        // Named in the query: no subscription is needed.
        let post = alice.says("hello").await;
        let told = next(&mut socket).await.unwrap();
        assert_eq!((&told["event"], &told["stream"]), (&json!("update"), &json!(["user"])));
        assert!(told["payload"].as_str().unwrap().contains(&post));
    }
    for path in ["", "?access_token=", "?access_token=wrong"] {
        assert!(connect_async(asked(path)).await.is_err(), "{path}");
    }
    // An app's own token belongs to no member.
    let new = landbridge_hub::accounts::NewGrant {
        purpose: "mastodon",
        scopes: "read",
        ..landbridge_hub::accounts::NewGrant::default()
    };
    let (_, own) = world.hub.grant(new).await.unwrap();
    assert!(connect_async(asked(&format!("?access_token={own}"))).await.is_err());
    let plain = alice.try_get("/api/v1/streaming").await;
    assert_eq!(plain.status, reqwest::StatusCode::BAD_REQUEST);
    for (path, status) in [("hashtag", 400), ("list?list=1", 404)] {
        assert_eq!(alice.try_get(&format!("/api/v1/streaming/{path}")).await.status, status, "{path}");
    }
    assert_eq!(world.get("/api/v1/streaming/user").await.status, reqwest::StatusCode::UNAUTHORIZED);
}

async fn what_a_stream_tells(store: TestStore) {
    let world = world(store).await;
    let (alice, bob, carol) = (world.app("alice").await, world.app("bobby").await, world.app("carol").await);
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.member), &[]).await;
    let base = world.base.replacen("http", "ws", 1);
    let mut sockets = Vec::new();
    for (app, stream) in [
        (&bob, "stream=user"),
        (&bob, "stream=user:notification"),
        (&carol, "stream=public:local"),
        (&carol, "stream=public:remote"),
        (&carol, "stream=hashtag:local&tag=News"),
        (&carol, "stream=public:media"),
    ] {
        let url = format!("{base}/api/v1/streaming?access_token={}&{stream}", app.token);
        sockets.push(connect_async(url).await.unwrap().0);
    }
    let news = alice.says("some #news").await;
    alice.send(reqwest::Method::PUT, &format!("/api/v1/statuses/{news}"), &[("status", "old #news")]).await;
    alice.post("/api/v1/statuses", &[("status", "for @bobby"), ("visibility", "direct")]).await;
    alice.post("/api/v1/statuses", &[("status", "quiet"), ("visibility", "unlisted")]).await;
    alice.send(reqwest::Method::DELETE, &format!("/api/v1/statuses/{news}"), &[]).await;
    // Carol mutes alice: nothing of hers is told after this.
    carol.post(&format!("/api/v1/accounts/{}/mute", alice.member), &[]).await;
    alice.says("unheard #news").await;
    let last = bob.says("last #news").await;
    bob.post(&format!("/api/v1/statuses/{last}/favourite"), &[]).await;
    carol.post(&format!("/api/v1/statuses/{last}/favourite"), &[]).await;
    let mut told = Vec::new();
    for (place, socket) in sockets.iter_mut().enumerate() {
        let mut events = Vec::new();
        // Each stream is over for us with what it is told last.
        let end = match place {
            0 => "n:favourite",
            1 => "n:favourite",
            2 | 4 => "update:last",
            _ => "",
        };
        while !end.is_empty() && events.last().map(String::as_str) != Some(end) {
            let event = next(socket).await.unwrap();
            let payload = event["payload"].as_str().unwrap();
            let body: Value = serde_json::from_str(payload).unwrap_or_default();
            let content = body["content"].as_str().unwrap_or_default();
            let word = ["some", "old", "quiet", "unheard", "last"].into_iter().find(|w| content.contains(w));
            events.push(match event["event"].as_str().unwrap() {
                "notification" => format!("n:{}", body["type"].as_str().unwrap()),
                "delete" => format!("delete:{}", payload == news),
                kind => format!("{kind}:{}", word.unwrap_or("?")),
            });
        }
        told.push(events);
    }
    let own = [
        "update:some",
        "status.update:old",
        "n:mention",
        "update:quiet",
        "delete:true",
        "update:unheard",
        "update:last",
        "n:favourite",
    ];
    assert_eq!(told[0], own);
    assert_eq!(told[1], ["n:mention", "n:favourite"]);
    assert_eq!(told[2], ["update:some", "status.update:old", "delete:true", "update:last"]);
    assert_eq!(told[4], ["update:some", "status.update:old", "delete:true", "update:last"]);
    // Nothing for those who listen for files, or for posts from elsewhere, but the delete of what may have been there.
    for place in [3, 5] {
        let event = next(&mut sockets[place]).await.unwrap();
        assert_eq!(event["event"], "delete");
    }
}

async fn notifications_need_their_scope(store: TestStore) {
    let world = world(store).await;
    let (alice, bob) = (world.app("alice").await, world.app("bobby").await);
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.member), &[]).await;
    let new = landbridge_hub::accounts::NewGrant {
        member: Some(bob.member),
        purpose: "mastodon",
        name: "Reader of posts",
        scopes: "read:statuses",
        ..landbridge_hub::accounts::NewGrant::default()
    };
    let (_, token) = world.hub.grant(new).await.unwrap();
    let base = world.base.replacen("http", "ws", 1);
    let url = format!("{base}/api/v1/streaming?access_token={token}&stream=user");
    let (mut socket, _) = connect_async(url).await.unwrap();
    alice.says("@bobby you").await;
    alice.says("all of you").await;
    for _ in 0..2 {
        assert_eq!(next(&mut socket).await.unwrap()["event"], "update");
    }
}

async fn who_is_limited_is_heard_by_followers_alone(store: TestStore) {
    let world = world(store).await;
    let (alice, bob, carol) = (world.app("alice").await, world.app("bobby").await, world.app("carol").await);
    bob.post(&format!("/api/v1/accounts/{}/follow", alice.member), &[]).await;
    world.hub.store().write(actors::set_state(alice.member, ActorState::Limited)).await.unwrap();
    let base = world.base.replacen("http", "ws", 1);
    for stream in ["stream=public:local", "stream=hashtag&tag=News"] {
        let listen = async |app: &App| {
            let url = format!("{base}/api/v1/streaming?access_token={}&{stream}", app.token);
            connect_async(url).await.unwrap().0
        };
        let (mut follower, mut stranger) = (listen(&bob).await, listen(&carol).await);
        alice.says("hushed #news").await;
        bob.says("aloud #news").await;
        for (socket, first) in [(&mut follower, "hushed"), (&mut stranger, "aloud")] {
            let heard = next(socket).await.unwrap();
            assert!(heard["payload"].as_str().unwrap().contains(first), "{stream}: {heard}");
        }
    }
}
