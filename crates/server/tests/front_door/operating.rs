//! What an operator meets when something is wrong: each refusal says what to do.

use std::process::Output;

use crate::house::House;

fn said(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_command_where_no_server_is_makes_none() {
    let house = House::trial();
    for command in [&["account", "list"][..], &["deliveries", "list"], &["backup", "b"], &["domain", "list"]]
    {
        let said = said(&house.run(command, ""));
        assert!(
            said.contains("there is no server in landbridge-data") && said.contains("--config"),
            "{said}"
        );
    }
    assert!(!house.path("landbridge-data").exists());
}

#[test]
fn a_taken_port_is_named_with_a_way_out() {
    let house = House::trial();
    house.up().stop();
    let _other = std::net::TcpListener::bind(("127.0.0.1", house.port)).unwrap();
    let said = said(&house.run(&["up"], ""));
    assert!(said.contains(&format!("another program uses port {}", house.port)), "{said}");
    assert!(said.contains("ss -ltnp") && said.contains("--data-dir"), "{said}");
}

#[test]
fn another_servers_root_key_is_recognised() {
    let (house, other) = (House::trial(), House::trial());
    house.ok(&["account", "create", "alice", "--password-stdin"], "correct horse\n");
    other.up().stop();
    let (key, wrong) = (house.path("landbridge-data/root.key"), other.path("landbridge-data/root.key"));
    let right = std::fs::read(&key).unwrap();
    house.ok(&["backup", "backup"], "");
    std::fs::copy(&wrong, &key).unwrap();
    let up = said(&house.run(&["up"], ""));
    assert!(up.contains("root key is not the one") && up.contains("recovery sheet"), "{up}");
    let database = std::fs::read(house.path("landbridge-data/landbridge.sqlite")).unwrap();
    let restore = said(&house.run(&["restore", "backup"], ""));
    assert!(
        restore.contains("root key is not the one") && restore.contains("Nothing was changed"),
        "{restore}"
    );
    assert_eq!(std::fs::read(house.path("landbridge-data/landbridge.sqlite")).unwrap(), database);

    std::fs::write(&key, right).unwrap();
    house.up().stop();
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let house = House::trial();
    house.up().stop();
    let database = rusqlite::Connection::open(house.path("landbridge-data/landbridge.sqlite")).unwrap();
    database.execute("INSERT INTO schema_migrations (version, checksum) VALUES (9999, 1)", ()).unwrap();
    database.close().unwrap();
    let said = said(&house.run(&["up"], ""));
    assert!(said.contains("newer version") && said.contains("backup"), "{said}");
}

#[test]
fn a_damaged_backup_leaves_the_database_in_its_place() {
    let house = House::trial();
    house.ok(&["account", "create", "alice", "--password-stdin"], "correct horse\n");
    house.ok(&["backup", "backup"], "");
    let file = house.path("backup/database.sqlite");
    let mut bytes = std::fs::read(&file).unwrap();
    let half = bytes.len() / 2;
    bytes.truncate(half);
    std::fs::write(&file, bytes).unwrap();
    let said = said(&house.run(&["restore", "backup"], ""));
    assert!(!said.is_empty(), "{said}");
    assert!(house.ok(&["account", "list"], "").contains("alice"));
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    let house = House::trial();
    let mut server = house.up();
    // A request that never ends keeps the first stop waiting.
    let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    let head = format!("POST /inbox HTTP/1.1\r\nHost: {}\r\nContent-Length: 10\r\n\r\n", server.host());
    tokio::io::AsyncWriteExt::write_all(&mut socket, head.as_bytes()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    server.signal("-INT");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(server.child().try_wait().unwrap().is_none(), "the first signal waits for what was begun");
    server.signal("-INT");
    let status = server.child().wait().unwrap();
    assert_eq!(status.code(), Some(130));
}

#[test]
fn backups_in_a_row_keep_the_latest_and_one_is_restored_on_a_fresh_machine() {
    let origin = "https://social.example";
    // The public directory of DIDs cannot be had here.
    let house =
        House::trial().set("LANDBRIDGE_DATABASE_CONNECTIONS", "4").set("LANDBRIDGE_NETWORKS__ATPROTO", "off");
    std::fs::create_dir(house.path("landbridge-data")).unwrap();
    let file = house.path("landbridge-data/landbridge.toml");
    std::fs::write(&file, format!("origin = \"{origin}\"\ntitle = \"Ours\"\n")).unwrap();
    house.ok(&["account", "create", "alice", "--password-stdin"], "correct horse\n");
    let only = ["account", "create", "bob", "--password-stdin", "--networks", "activitypub"];
    house.ok(&only, "correct horse\n");
    let backups = || {
        let mut all =
            std::fs::read_dir(house.path("backups")).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>();
        all.sort();
        all
    };
    for _ in 0..3 {
        house.ok(&["backup", "--keep", "2", "backups"], "");
        // Their names tell seconds apart.
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }
    assert_eq!(backups().len(), 2);
    let with_bob = backups()[1].clone();
    house.ok(&["account", "delete", "bob", "--yes"], "");
    house.ok(&["backup", "--keep", "2", "backups"], "");
    assert!(backups().contains(&with_bob));

    // The machine is lost; there are the backups and the paper. The older backup is chosen.
    let sheet = house.ok(&["account", "recovery-sheet"], "");
    let rows = sheet.lines().filter(|line| line.starts_with("    ")).collect::<Vec<_>>().join("\n");
    std::fs::remove_dir_all(house.path("landbridge-data")).unwrap();
    let several = said(&house.run(&["restore", "backups"], ""));
    assert!(several.contains("choose one"), "{several}");
    std::fs::create_dir(house.path("landbridge-data")).unwrap();
    std::fs::write(house.path("landbridge-data/root.key"), rows).unwrap();
    let restored = house.ok(&["restore", with_bob.to_str().unwrap()], "");
    assert!(restored.contains("Erased again") && restored.contains("landbridge up"), "{restored}");
    assert!(std::fs::read_to_string(&file).unwrap().contains("Ours"));
    let list = house.ok(&["account", "list"], "");
    assert!(list.contains("alice") && !list.contains("bob"), "{list}");
}
