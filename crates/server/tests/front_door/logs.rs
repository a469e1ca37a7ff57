//! The logs of a busy day hold no secret and nothing that is private, however much is asked for; and no byte of the database,
//! of its journals and of a backup does.

use http::Request;
use hyper::body::Bytes;
use landbridge_store::EngineKind;
use landbridge_store::testing::Place;
use serde_json::json;
use std::path::Path;

use crate::house::{House, text};
use crate::member::Member;

const PASSWORD: &str = "swordfish-and-chips";
const WRONG: &str = "sardines-on-toast-77";
const PRIVATE: &str = "the treasure lies under the old oak";
const WARNING: &str = "only for pirates";
const NSEC: &str = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5";

/// What is left of a day with what nobody may tell.
struct Day {
    log: String,
    /// By name.
    secrets: Vec<(&'static str, String)>,
    /// All that is on the disk, but for the root key and the log: path and bytes.
    files: Vec<(String, Vec<u8>)>,
}

async fn busy_day(house: House) -> Day {
    for name in ["alice", "bob"] {
        house.ok(&["account", "create", name, "--password-stdin"], &format!("{PASSWORD}\n"));
    }
    let server = house.up();
    let alice = Member::sign_in(&server, "alice", PASSWORD).await;
    // Bob has yet to let her in.
    let to_bob = format!("@bob {PRIVATE}");
    for (visibility, warning, status) in [
        ("direct", "", PRIVATE),
        ("direct", "", &to_bob),
        ("private", WARNING, PRIVATE),
        ("public", "", "good morning"),
    ] {
        alice
            .post(
                "/api/v1/statuses",
                &json!({ "status": status, "visibility": visibility, "spoiler_text": warning }),
            )
            .await;
    }
    alice.get("/api/v1/timelines/home").await;
    // What may go wrong, goes wrong.
    let form = |path: &'static str| {
        Request::post(path)
            .header("host", server.host())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", format!("http://{}", server.host()))
    };
    server.send(form("/login"), Bytes::from(format!("name=alice&password={WRONG}"))).await;
    server.send(form("/oauth/token"), Bytes::from(format!("grant_type=password&password={WRONG}"))).await;
    server.get(&format!("/api/v1/timelines/home?access_token={}", alice.token)).await;
    server.get(&format!("/api/v1/streaming?access_token={}&stream=user", alice.token)).await;
    let signed = || form("/api/v1/statuses").header("authorization", format!("Bearer {}", alice.token));
    server.send(signed(), Bytes::from(format!("status={PRIVATE}&visibility=nonsense"))).await;
    server.send(form("/inbox"), Bytes::from(format!("{{\"content\":\"{PRIVATE}\"}}"))).await;
    let invitation = house.ok(&["account", "invite"], "");
    let secret = invitation.trim().rsplit('/').next().unwrap().to_owned();
    let page = server.get(&format!("/invite/{secret}")).await;
    assert!(text(&page).contains("<form"), "{}", text(&page));
    house.run(&["account", "networks", "alice", "--leave", "nostr"], "");
    house.run(&["account", "networks", "alice", "--join", "nostr", "--key-stdin"], &format!("{NSEC}\n"));
    house.ok(&["account", "suspend", "alice"], "");
    let key = std::fs::read_to_string(house.path("landbridge-data/root.key")).unwrap();
    let secrets = vec![
        ("password", PASSWORD.to_owned()),
        ("wrong password", WRONG.to_owned()),
        ("private text", PRIVATE.to_owned()),
        ("content warning", WARNING.to_owned()),
        ("token", alice.token.clone()),
        ("code", alice.code.clone()),
        ("client secret", alice.client_secret.clone()),
        ("invitation", secret),
        ("secret key", NSEC.to_owned()),
        ("root key", key.lines().next().unwrap().to_owned()),
    ];
    house.ok(&["backup", "kept"], "");
    let mut files = Vec::new();
    for folder in ["landbridge-data", "kept"] {
        read_all(&house.path(folder), &mut files);
    }
    server.stop();
    read_all(&house.path("landbridge-data"), &mut files);
    Day { log: std::fs::read_to_string(house.path("log")).unwrap(), secrets, files }
}

fn read_all(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => read_all(&path, files),
            false if path.ends_with("root.key") => {}
            // A journal of SQLite may go at any moment.
            false => files.extend(std::fs::read(&path).map(|bytes| (path.display().to_string(), bytes))),
        }
    }
}

fn nothing_readable(day: &Day) {
    assert!(day.files.iter().any(|(_, bytes)| holds(bytes, "good morning")), "what is public is found");
    for (path, bytes) in &day.files {
        for (name, secret) in &day.secrets {
            assert!(!holds(bytes, secret), "the {name} is in {path}");
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(bytes).contains(text)
}

fn nothing_secret(log: &str, secrets: Vec<(&'static str, String)>) {
    assert!(log.contains("/api/v1/statuses"), "requests are not in the log: {log}");
    for (name, secret) in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "the {name} is in the log: {line:?}");
    }
}

#[tokio::test]
async fn plain_logs_at_their_fullest_hold_no_secret() {
    let day = busy_day(House::trial().set("LANDBRIDGE_LOG__LEVEL", "trace")).await;
    nothing_readable(&day);
    nothing_secret(&day.log, day.secrets);
}

#[tokio::test]
async fn json_logs_are_json_and_hold_no_secret_on_postgresql_either() {
    let database = Place::new(EngineKind::Postgres).await;
    let house = House::trial()
        .set("LANDBRIDGE_LOG__LEVEL", "trace")
        .set("LANDBRIDGE_LOG__FORMAT", "json")
        .set("LANDBRIDGE_DATABASE_URL", &database.url);
    let day = busy_day(house).await;
    nothing_readable(&day);
    for line in day.log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    nothing_secret(&day.log, day.secrets);
}
