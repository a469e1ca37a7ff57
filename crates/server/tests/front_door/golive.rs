//! `golive` and `doctor` as an operator meets them, in a world with a name server, an ACME authority and the real ports.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::house::House;
use crate::world::World;

const HOST: &str = "social.example.org";

#[test]
fn from_nothing_to_a_public_server_with_a_certificate() {
    let world = Arc::new(Mutex::new(World::new()));
    let mut house = House::trial()
        .set("LANDBRIDGE_OUTBOUND__ALLOW_LOOPBACK", "true")
        .set("LANDBRIDGE_NOSTR__RELAYS", "[]")
        .set("LANDBRIDGE_NOSTR__INDEX_RELAYS", "[]")
        .inside(world.clone());
    // Here the real ports are free.
    house.unset("LANDBRIDGE_LISTEN");
    let golive = ["golive", "example.org", "--host", HOST, "--contact", "ops@example.org"];

    // No name server: the missing record is named, and nothing is changed.
    let refused = house.run(&golive, "");
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(!refused.status.success() && said.contains("Nothing was changed"), "{refused:?}");
    assert!(said.contains(&format!("{HOST} has no address")) && said.contains("add a record"), "{said}");
    assert!(!house.path("landbridge-data").exists());

    let (directory, trusted) = {
        let mut world = world.lock().unwrap();
        world.start_name_server();
        world.start_authority()
    };
    let trusted = trusted.display().to_string();
    let house = house
        .set("LANDBRIDGE_TLS__DIRECTORY", directory)
        .set("LANDBRIDGE_TLS__EXTRA_CA", &trusted)
        .set("LANDBRIDGE_OUTBOUND__EXTRA_CA", &trusted);

    // A taken port is named.
    let mut other = world
        .lock()
        .unwrap()
        .command(house.folder.path(), "python3", &["-m", "http.server", "80"])
        .spawn()
        .unwrap();
    until(|| world.lock().unwrap().curl(&["--output", "/dev/null", "http://127.0.0.1/"]).is_some());
    let refused = house.run(&[&golive[..], &["--check"]].concat(), "");
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(!refused.status.success() && said.contains("port 80 is taken"), "{said}");

    let said = house.ok(&[&golive[..], &["--yes"]].concat(), "");
    assert!(said.contains(&format!("{HOST}, port 443, leads here")), "{said}");
    assert!(said.contains(&format!("*.{HOST} leads to the same place")), "{said}");
    assert!(said.contains("RECOVERY SHEET") && said.contains(&format!("https://{HOST}/setup/")), "{said}");
    let again = house.run(&golive, "");
    assert!(String::from_utf8_lossy(&again.stderr).contains("for good"), "{again:?}");

    let server = house.up();
    let get = |url: &str| world.lock().unwrap().curl(&["--cacert", &trusted, "--fail", url]);
    until(|| get(&format!("https://{HOST}/.well-known/nodeinfo")).is_some());
    let mut trusting = house;
    // The public directory of DIDs is not in this world.
    let networks = ["--networks", "activitypub", "--networks", "nostr"];
    let create = [&["account", "create", "alice", "--password-stdin"], &networks[..]].concat();
    trusting.ok(&create, "correct horse\n");

    // The account domain has a certificate as soon as it is asked for, and says where its accounts are.
    let finger = get("https://example.org/.well-known/webfinger?resource=acct:alice@example.org").unwrap();
    assert!(finger.contains(&format!("https://{HOST}/")), "{finger}");
    let names = get("https://example.org/.well-known/nostr.json?name=alice").unwrap();
    assert!(names.contains("\"alice\""), "{names}");
    assert!(get(&format!("https://{HOST}/@alice")).unwrap().contains("alice@example.org"));
    let moved = ["--cacert", &trusted, "--head", "http://example.org/@alice"];
    let moved = world.lock().unwrap().curl(&moved).unwrap();
    assert!(moved.contains(&format!("location: https://{HOST}/@alice")), "{moved}");
    // A name that nobody has made gets no certificate.
    assert!(get("https://other.example.org/").is_none());
    assert!(get(&format!("https://nobody.{HOST}/")).is_none());

    let report = trusting.ok(&["doctor"], "");
    assert!(!report.contains("PROBLEM"), "{report}");
    for good in [format!("https://{HOST} answers"), "sends WebFinger to".into(), "differs by".into()] {
        assert!(report.contains(&good), "{good:?} is not in: {report}");
    }
    server.stop();

    // Another name in the configuration is refused, and doctor says so too.
    trusting = trusting.set("LANDBRIDGE_ORIGIN", "https://elsewhere.example.org");
    let refused = trusting.run(&["up"], "");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("put the old values back"), "{refused:?}");
    let report = trusting.run(&["doctor", "--json"], "");
    let findings: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    let problem =
        |finding: &&serde_json::Value| finding["level"] == "problem" && finding["about"] == "identity";
    assert!(!report.status.success());
    assert!(findings.as_array().unwrap().iter().any(|finding| problem(&finding)), "{findings}");
}

fn until(done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not come");
        std::thread::sleep(Duration::from_millis(100));
    }
}
