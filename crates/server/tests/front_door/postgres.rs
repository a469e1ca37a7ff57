//! PostgreSQL restarted under load: requests fail clearly, nothing acknowledged is lost, and the service resumes.

use landbridge_store::testing::OwnPostgres;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::house::{House, text};
use crate::member::Member;

const WRITERS: usize = 4;

/// What one writer saw: the texts that were acknowledged, and the statuses of what was not.
type Seen = (BTreeSet<String>, BTreeSet<u16>);

async fn write_until(alice: &Member<'_>, writer: usize, end: &AtomicBool, acknowledged: &AtomicBool) -> Seen {
    let (mut kept, mut failed) = (BTreeSet::new(), BTreeSet::new());
    let mut number = 0;
    while !end.load(Ordering::Relaxed) {
        number += 1;
        let words = format!("post {number} of writer {writer}");
        let body = json!({ "status": words, "visibility": "private" });
        let Some(answer) = alice.try_post("/api/v1/statuses", &body).await else { continue };
        match answer.status().as_u16() {
            200 => {
                kept.insert(words);
                acknowledged.store(true, Ordering::Relaxed);
            }
            other => {
                assert!(text(&answer).contains("error"), "{}", text(&answer));
                failed.insert(other);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    (kept, failed)
}

async fn restarted(mode: &'static str) {
    let database = Arc::new(OwnPostgres::start());
    let house = House::trial()
        .set("LANDBRIDGE_DATABASE_URL", database.url())
        .set("LANDBRIDGE_DATABASE_CONNECTIONS", "6")
        .set("LANDBRIDGE_LIMITS__API_PER_ACCOUNT", "0");
    house.ok(&["account", "create", "alice", "--password-stdin"], "correct horse\n");
    let server = house.up();
    let alice = Member::sign_in(&server, "alice", "correct horse").await;
    let (end, acknowledged) = (AtomicBool::new(false), AtomicBool::new(false));
    let until_acknowledged = async || {
        acknowledged.store(false, Ordering::Relaxed);
        let begun = Instant::now();
        while !acknowledged.load(Ordering::Relaxed) {
            assert!(begun.elapsed() < Duration::from_secs(60), "the service does not resume");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let operator = async {
        until_acknowledged().await;
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let ours = database.clone();
            tokio::task::spawn_blocking(move || ours.stop(mode)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(500)).await;
            let ours = database.clone();
            tokio::task::spawn_blocking(move || ours.start_again()).await.unwrap();
            until_acknowledged().await;
        }
        end.store(true, Ordering::Relaxed);
    };
    let writers = (0..WRITERS).map(|writer| write_until(&alice, writer, &end, &acknowledged));
    let (seen, ()) = tokio::join!(futures_util::future::join_all(writers), operator);

    let mut kept = BTreeSet::new();
    for (texts, failed) in seen {
        assert!(failed.iter().all(|status| *status == 503), "not told clearly: {failed:?}");
        kept.extend(texts);
    }
    // Read from the member's own account, page by page.
    let me = alice.get("/api/v1/accounts/verify_credentials").await["id"].as_str().unwrap().to_owned();
    let (mut found, mut below) = (BTreeSet::new(), String::new());
    loop {
        let page = alice.get(&format!("/api/v1/accounts/{me}/statuses?limit=40{below}")).await;
        let Some(last) = page.as_array().unwrap().last() else { break };
        below = format!("&max_id={}", last["id"].as_str().unwrap());
        for status in page.as_array().unwrap() {
            let content = status["content"].as_str().unwrap();
            found.insert(content.trim_start_matches("<p>").trim_end_matches("</p>").to_owned());
        }
    }
    let lost: Vec<_> = kept.difference(&found).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?} of {}", kept.len());
    assert!(kept.len() > 10, "{kept:?}");
    server.stop();
}

#[tokio::test]
async fn a_clean_restart_of_the_database_loses_nothing() {
    restarted("fast").await;
}

#[tokio::test]
async fn a_crash_of_the_database_loses_nothing() {
    restarted("immediate").await;
}
