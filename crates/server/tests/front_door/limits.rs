//! What the front refuses, and what it adds.

use http::{Method, Request, StatusCode};
use hyper::body::Bytes;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::{House, free_port, text};

#[tokio::test]
async fn a_name_that_is_not_ours_is_misdirected() {
    let server = House::trial().up();
    for host in ["evil.example", "localhost.evil.example", "169.254.169.254"] {
        let answer = server.send(Request::get("/").header("host", host), Bytes::new()).await;
        assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
}

#[tokio::test]
async fn a_large_body_is_refused_before_it_is_read() {
    let house = House::trial();
    let server = house.up();
    let mut socket = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let head = format!("POST /inbox HTTP/1.1\r\nHost: {}\r\nContent-Length: 2000000\r\n\r\n", server.host());
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::time::timeout(Duration::from_secs(5), socket.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_whole_repository_is_read_from_nobody_who_is_not_known() {
    let house = House::trial();
    let server = house.up();
    let mut socket = TcpStream::connect(("127.0.0.1", server.port + 1)).await.unwrap();
    let head = |length: u64| {
        format!(
            "POST /xrpc/com.atproto.repo.importRepo HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {length}\r\n\r\n",
            server.port + 1
        )
    };
    socket.write_all(head(200 << 20).as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::time::timeout(Duration::from_secs(5), socket.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 401");
    let mut socket = TcpStream::connect(("127.0.0.1", server.port + 1)).await.unwrap();
    socket.write_all(head(300 << 20).as_bytes()).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), socket.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn an_api_answer_tells_the_rate_and_lets_other_sites_read_it() {
    let house = House::trial().set("LANDBRIDGE_LIMITS__API_PER_ADDRESS", "2");
    let server = house.up();
    let first = server.get("/api/v2/instance").await;
    assert_eq!(first.headers()["x-ratelimit-limit"], "2");
    assert_eq!(first.headers()["access-control-allow-origin"], "*");
    assert!(first.headers()["access-control-expose-headers"].to_str().unwrap().contains("Link"));
    server.get("/api/v2/instance").await;
    assert_eq!(server.get("/api/v2/instance").await.status(), StatusCode::TOO_MANY_REQUESTS);

    let preflight = Request::builder()
        .method(Method::OPTIONS)
        .uri("/api/v1/statuses")
        .header("host", server.host())
        .header("origin", "https://phanpy.example")
        .header("access-control-request-method", "POST");
    let answer = server.send(preflight, Bytes::new()).await;
    assert!(answer.status().is_success());
    assert!(answer.headers()["access-control-allow-methods"].to_str().unwrap().contains("PUT"));
    assert!(!server.get("/login").await.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own() {
    let port = free_port();
    let house = House::trial().set("LANDBRIDGE_METRICS__LISTEN", format!("127.0.0.1:{port}"));
    let mut server = house.up();
    server.get("/.well-known/nodeinfo").await;
    assert_eq!(server.get("/metrics").await.status(), StatusCode::NOT_FOUND);
    server.port = port;
    let page = text(&server.get("/metrics").await);
    assert!(page.contains("landbridge_http_requests_total{surface=\"well-known\""), "{page}");
    assert!(page.contains("process_resident_memory_bytes"), "{page}");
    assert_eq!(text(&server.get("/health").await), "ok\n");
}

#[tokio::test]
async fn a_client_that_says_nothing_is_let_go_and_a_stop_does_not_wait_for_it() {
    let server = House::trial().up();
    let mut silent = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    silent.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(server.stop() < Duration::from_secs(25));
}

/// What a full disk looks like, by a reserve that no disk has.
#[tokio::test]
async fn on_a_full_disk_nothing_is_acknowledged_and_reading_goes_on() {
    let house = House::trial();
    house.up().stop();
    let house = house.set("LANDBRIDGE_LIMITS__DISK_RESERVE_BYTES", (u64::MAX >> 2).to_string());
    let refused = house.run(&["account", "invite"], "");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("disk is full"), "{refused:?}");

    let server = house.up();
    assert!(server.said.contains("disk is full"), "{}", server.said);
    assert_eq!(server.get("/about").await.status(), StatusCode::OK);
    let app = Request::post("/api/v1/apps")
        .header("host", server.host())
        .header("content-type", "application/json");
    let body = r#"{"client_name":"x","redirect_uris":"urn:ietf:wg:oauth:2.0:oob"}"#;
    let answer = server.send(app, Bytes::from(body)).await;
    assert!(matches!(answer.status().as_u16(), 503 | 507), "{}", answer.status());
}
