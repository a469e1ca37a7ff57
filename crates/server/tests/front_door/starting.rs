//! Starting, stopping, starting again.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::{House, assert_ok, mode, text};

#[tokio::test]
async fn with_no_configuration_a_trial_answers_and_offers_the_owners_link() {
    let house = House::trial();
    let server = house.up();
    assert!(server.said.contains("a local trial"), "{}", server.said);
    assert!(server.said.contains(&format!("http://localhost:{}", server.port)), "{}", server.said);
    assert!(server.started_in < Duration::from_secs(5), "{:?}", server.started_in);

    let link = server.said.lines().find_map(|line| line.split_once("Start")).unwrap().1.trim();
    let path = link.split_once(&server.host()).unwrap().1.to_owned();
    let page = server.get(&path).await;
    assert_ok(&page);
    assert!(text(&page).contains("<form"), "{}", text(&page));
    assert_eq!(page.headers()["x-content-type-options"], "nosniff");

    assert_ok(&server.get("/.well-known/nodeinfo").await);
    assert!(server.stop() < Duration::from_secs(5));
    assert_eq!(mode(&house.path("landbridge-data")), 0o700);
    assert_eq!(mode(&house.path("landbridge-data/root.key")), 0o600);
    let log = std::fs::read_to_string(house.path("log")).unwrap();
    assert!(!log.contains(path.rsplit('/').next().unwrap()), "the one-time secret is in the log: {log}");
}

#[tokio::test]
async fn a_second_start_is_the_same_server_and_a_second_server_is_refused() {
    let house = House::trial();
    house.up().stop();
    let identity = std::fs::read(house.path("landbridge-data/identity.json")).unwrap();
    let key = std::fs::read(house.path("landbridge-data/root.key")).unwrap();

    let server = house.up();
    let refused = house.run(&["up"], "");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("already runs"), "{refused:?}");

    assert!(server.said.contains(&format!("http://localhost:{}", server.port)));
    assert_eq!(std::fs::read(house.path("landbridge-data/identity.json")).unwrap(), identity);
    assert_eq!(std::fs::read(house.path("landbridge-data/root.key")).unwrap(), key);
}

#[test]
fn a_trial_cannot_be_given_a_domain() {
    let house = House::trial();
    house.up().stop();
    let house = house.set("LANDBRIDGE_ORIGIN", "https://example.org");
    let refused = house.run(&["up"], "");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("landbridge golive example.org"), "{said}");
}

#[test]
fn a_lost_root_key_stops_the_start() {
    let house = House::trial();
    house.up().stop();
    std::fs::remove_file(house.path("landbridge-data/root.key")).unwrap();
    let refused = house.run(&["up"], "");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("recovery sheet"), "{refused:?}");
    assert!(!house.path("landbridge-data/root.key").exists());
}

#[test]
fn a_misspelt_key_is_named_with_its_neighbour() {
    let house = House::trial().set("LANDBRIDGE_LIMITS__BODY_BYTE", "1");
    let refused = house.run(&["up"], "");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("did you mean `limits.body_bytes`?"), "{said}");
}

#[test]
fn every_command_explains_itself() {
    let house = House::trial();
    let help = house.ok(&["--help"], "");
    for command in ["up", "golive", "doctor", "account", "domain", "config"] {
        assert!(help.contains(&format!("\n  {command}")), "{command} is not in: {help}");
        assert!(house.ok(&[command, "--help"], "").lines().count() > 5);
    }
    assert!(!help.contains("media-worker"));
}

#[test]
fn a_backup_of_a_running_server_becomes_a_server_again() {
    let house = House::trial();
    let server = house.up();
    let backup = house.path("backup");
    house.ok(&["backup", backup.to_str().unwrap()], "");
    assert!(backup.join("database.sqlite").is_file() && !backup.join("root.key").exists());
    let inside = house.run(&["backup", "landbridge-data/backup"], "");
    assert!(String::from_utf8_lossy(&inside.stderr).contains("another place"), "{inside:?}");

    let running = house.run(&["restore", backup.to_str().unwrap()], "");
    assert!(String::from_utf8_lossy(&running.stderr).contains("stop it first"), "{running:?}");
    server.stop();

    // The machine is lost, all but the paper.
    let sheet = std::fs::read_to_string(house.path("landbridge-data/root.key")).unwrap();
    std::fs::remove_dir_all(house.path("landbridge-data")).unwrap();
    let no_key = house.run(&["restore", backup.to_str().unwrap()], "");
    assert!(String::from_utf8_lossy(&no_key.stderr).contains("recovery sheet"), "{no_key:?}");
    std::fs::write(house.path("landbridge-data/root.key"), sheet.to_uppercase()).unwrap();
    house.ok(&["restore", backup.to_str().unwrap()], "");
    house.up().stop();
}

/// The whole of it: two servers, a bare Nostr key, both wire protocols.
#[test]
fn the_demo_tells_its_story_to_the_end() {
    let house = House::trial();
    let said = house.ok(&["demo", "--once"], "");
    assert!(said.contains("Anna's thread holds answers from all three networks"), "{said}");
}

#[test]
fn who_was_deleted_after_a_backup_stays_deleted() {
    let house = House::trial();
    house.ok(&["account", "create", "alice", "--password-stdin"], "correct horse\n");
    // On a network where nobody has to be told yet: erased at once.
    let only = ["account", "create", "bob", "--password-stdin", "--networks", "activitypub"];
    house.ok(&only, "correct horse\n");
    house.ok(&["backup", "backup"], "");
    house.ok(&["account", "delete", "bob", "--yes"], "");
    let restored = house.ok(&["restore", "backup"], "");
    assert!(restored.contains("Erased again"), "{restored}");
    let list = house.ok(&["account", "list"], "");
    assert!(list.contains("alice") && !list.contains("bob"), "{list}");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_event_streams() {
    let house = House::trial();
    let server = house.up();
    house.ok(&["account", "create", "alice", "--password-stdin"], "correct horse battery\n");
    let token = server.token("alice", "correct horse battery").await;
    let mut socket = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let request = format!(
        "GET /api/v1/streaming/user HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
        server.host()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0; 15];
    socket.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    let mut rest = Vec::new();
    let (stopped, read) =
        tokio::join!(tokio::task::spawn_blocking(move || server.stop()), socket.read_to_end(&mut rest));
    assert!(read.is_ok() && stopped.unwrap() < Duration::from_secs(10));
    assert!(rest.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&rest));
}
