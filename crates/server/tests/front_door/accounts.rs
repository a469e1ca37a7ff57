//! The operator's commands beside a running server, and without one.

use serde_json::Value;

use crate::house::House;
use crate::member::Member;

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
    house.up().stop();
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
    house.up().stop();
    house.ok(&["domain", "block", "Spam.Example", "--note", "sells shoes"], "");
    house.ok(&["domain", "limit", "loud.example"], "");
    let list = house.ok(&["domain", "list"], "");
    assert!(list.contains("block  spam.example") && list.contains("sells shoes"), "{list}");
    house.ok(&["domain", "remove", "spam.example"], "");
    assert!(!house.ok(&["domain", "list"], "").contains("spam.example"));

    let csv = house.ok(&["domain", "export"], "");
    assert!(csv.contains("\"loud.example\",silence,"), "{csv}");
    let list =
        "#domain,#severity,#public_comment\nworse.example,suspend,\"spam, lots\"\nh*.example,suspend,\n";
    let taken = house.run(&["domain", "import", "-"], list);
    assert!(String::from_utf8_lossy(&taken.stdout).contains("1 rules taken in"), "{taken:?}");
    assert!(String::from_utf8_lossy(&taken.stderr).contains("h*.example"), "{taken:?}");
    let rules: Value = serde_json::from_str(&house.ok(&["domain", "list", "--json"], "")).unwrap();
    assert_eq!(rules[1]["domain"], "worse.example");
    assert_eq!((&rules[1]["rule"], &rules[1]["note"]), (&"block".into(), &"spam, lots".into()));
}

#[test]
fn lists_are_followed_and_measures_are_explained() {
    let house = House::trial();
    house.up().stop();
    let refused = house.run(&["lists", "add", "https://lists.example.org/x.csv"], "");
    assert!(!refused.status.success(), "a trial asks nobody elsewhere");
    assert_eq!(house.ok(&["lists", "show"], ""), "");
    let nobody = house.run(&["lists", "apply", "5"], "");
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("no list 5"), "{nobody:?}");

    house.ok(&["account", "create", "alice", "--password-stdin"], "correct horse\n");
    let bare = house.run(&["moderate", "warn", "alice", "--why", "Loud"], "");
    assert!(String::from_utf8_lossy(&bare.stderr).contains("--rule"), "{bare:?}");
    let said = house.ok(&["moderate", "suspend", "alice", "--why", "Loud", "--rule", "1: be quiet"], "");
    assert!(said.contains("/statement/"), "{said}");
    let decided: Value = serde_json::from_str(&house.ok(&["moderate", "list", "--json"], "")).unwrap();
    assert_eq!((&decided[0]["account"], &decided[0]["measure"]), (&"alice".into(), &"suspended".into()));
    let list: Value = serde_json::from_str(&house.ok(&["account", "list", "--json"], "")).unwrap();
    assert_eq!(list[0]["state"], "suspended");
    house.ok(&["moderate", "undo", decided[0]["id"].as_str().unwrap()], "");
    let list: Value = serde_json::from_str(&house.ok(&["account", "list", "--json"], "")).unwrap();
    assert_eq!(list[0]["state"], "active");
    assert_eq!(house.ok(&["moderate", "appeals"], ""), "");
    let hash = "0".repeat(64);
    let gone = house.ok(&["moderate", "file", &hash, "--why", "x", "--rule", "y", "--law"], "");
    assert!(gone.contains(&format!("{hash} is refused")), "{gone}");
    house.ok(&["moderate", "file-again", &hash], "");
    assert_eq!(house.ok(&["reports"], ""), "");
}

#[tokio::test]
async fn a_suspension_ends_every_session_and_can_be_taken_back() {
    let house = House::trial();
    house.ok(&["account", "create", "alice", "--password-stdin"], "correct horse\n");
    let server = house.up();
    let alice = Member::sign_in(&server, "alice", "correct horse").await;
    let me = "/api/v1/accounts/verify_credentials";
    assert_eq!(alice.get(me).await["acct"], "alice");

    house.ok(&["account", "suspend", "alice"], "");
    let status = async || {
        let request = http::Request::get(me)
            .header("host", server.host())
            .header("authorization", format!("Bearer {}", alice.token));
        server.send(request, Default::default()).await.status().as_u16()
    };
    // What was read a moment ago may still be remembered for as long as a moment.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert_eq!(status().await, 401);
    let list: Value = serde_json::from_str(&house.ok(&["account", "list", "--json"], "")).unwrap();
    assert_eq!((&list[0]["name"], &list[0]["state"]), (&"alice".into(), &"suspended".into()));

    house.ok(&["account", "suspend", "alice", "--undo"], "");
    let made = house.ok(&["account", "password", "alice", "--generate"], "");
    assert_eq!(status().await, 401);
    Member::sign_in(&server, "alice", made.trim()).await;
    house.ok(&["account", "role", "alice", "admin"], "");
    assert!(house.ok(&["account", "list"], "").contains("Admin"));
    let nobody = house.run(&["account", "role", "bob", "admin"], "");
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("there is no @bob"), "{nobody:?}");
}
