//! Documents as many servers write them, and what is read from them: `fixtures/*.json` beside `fixtures/*.txt`.
//! `UPDATE_FIXTURES=1 cargo test` writes the latter anew; look at the difference before you keep it.

#![allow(clippy::unwrap_used)]

use landbridge_activitypub::translate;
use landbridge_activitypub::vocab::{self, ACTOR_TYPES, Node};
use landbridge_model::Time;
use std::fs;
use std::path::Path;

#[test]
fn documents_of_other_servers_are_read_as_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let now = Time::parse("2026-12-01T00:00:00Z").unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let document = vocab::parse(&fs::read(&path).unwrap()).unwrap();
        let node = Node(&document);
        let read = match node.is_any(ACTOR_TYPES) {
            true => format!("{:#?}\n", translate::actor(node).unwrap()),
            false => format!("{:#?}\n", translate::post(node, now).unwrap()),
        };
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&expected, &read).unwrap();
        }
        assert_eq!(read, fs::read_to_string(&expected).unwrap_or_default(), "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 15, "only {seen} documents");
}

#[test]
fn a_vote_says_nothing_but_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/votes");
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let mut vote = vocab::parse(&fs::read(&path).unwrap()).unwrap();
        assert!(translate::is_vote(Node(&vote)), "{}", path.display());
        // The same with words of its own is a reply that has a title.
        vote["content"] = "<p>Blue, because it is the sky's</p>".into();
        assert!(!translate::is_vote(Node(&vote)), "{}", path.display());
    }
}
