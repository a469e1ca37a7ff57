//! The operator's commands beside a running server, and without one.

use crate::house::House;

#[test]
fn accounts_are_made_without_a_server_and_beside_one() {
    let house = House::trial();
    let made =
        house.ok(&["account", "create", "alice", "--role", "owner", "--password-stdin"], "correct horse\n");
    assert_eq!(made.trim(), format!("@alice@localhost:{}", house.port));

    let server = house.up();
    assert!(!server.said.contains("Start"), "there is an owner already: {}", server.said);
    house.ok(
        &["account", "create", "bob", "--password-stdin", "--networks", "activitypub"],
        "battery staple\n",
    );
    let list = house.ok(&["account", "list"], "");
    let line = |name: &str| list.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("alice").contains("Owner") && line("alice").contains("nostr"), "{list}");
    assert!(line("bob").contains("activitypub") && !line("bob").contains("nostr"), "{list}");

    let short = house.run(&["account", "create", "carol", "--password-stdin"], "short\n");
    assert!(String::from_utf8_lossy(&short.stderr).contains("at least 10"), "{short:?}");
    let wrong = house.run(&["account", "create", "Not A Name", "--password-stdin"], "correct horse\n");
    assert!(!wrong.status.success());
}

#[test]
fn the_recovery_sheet_holds_the_key_that_is_in_the_file() {
    let house = House::trial();
    let sheet = house.ok(&["account", "recovery-sheet"], "");
    let key = std::fs::read_to_string(house.path("landbridge-data/root.key")).unwrap();
    for line in key.lines() {
        assert!(sheet.contains(line), "{sheet}");
    }
    assert!(sheet.contains("lost"));
}

#[test]
fn domain_rules_are_kept_and_taken_away() {
    let house = House::trial();
    house.ok(&["domain", "block", "Spam.Example", "--note", "sells shoes"], "");
    house.ok(&["domain", "limit", "loud.example"], "");
    let list = house.ok(&["domain", "list"], "");
    assert!(list.contains("block  spam.example") && list.contains("sells shoes"), "{list}");
    house.ok(&["domain", "remove", "spam.example"], "");
    assert!(!house.ok(&["domain", "list"], "").contains("spam.example"));
}
