//! What only SQLite does: one writer that groups commits, readers beside it, a disk that can be full.
#![allow(clippy::unwrap_used, clippy::panic)]

use landbridge_store::{
    Change, EngineKind, Migration, Moment, Options, Store, WriteError, args, query, testing::TestStore,
};
use std::{
    fs,
    time::{Duration, Instant},
};

const SCHEMA: &[Migration] =
    &[Migration { version: 1, name: "test", text: "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT);" }];

async fn fresh() -> TestStore {
    TestStore::with_schema(EngineKind::Sqlite, SCHEMA).await
}

fn insert(id: i64, name: &str) -> Change {
    Change::new("INSERT INTO t (id, name) VALUES (?1, ?2)", args![id, name])
}

async fn count(store: &Store) -> i64 {
    store.row(query("SELECT COUNT(*) FROM t", args![])).await.unwrap().unwrap().get(0).unwrap()
}

#[tokio::test]
async fn a_waiting_write_never_blocks_reads() {
    let store = fresh().await;
    store.write(insert(1, "one")).await.unwrap();
    // Somebody else, such as the command line, holds the write lock.
    let other = rusqlite::Connection::open(store.place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (2, 'two')").unwrap();
    let writing = tokio::spawn({
        let store = store.store.clone();
        async move { store.write(insert(3, "three")).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    for _ in 0..100 {
        assert_eq!(count(&store).await, 1);
    }
    assert!(!writing.is_finished());
    other.execute_batch("COMMIT").unwrap();
    writing.await.unwrap().unwrap();
    assert_eq!(count(&store).await, 3);
}

#[tokio::test]
async fn writes_at_once_share_commits_and_fail_alone() {
    let store = fresh().await;
    store.write(insert(0, "taken")).await.unwrap();
    let commits = async || match store.moment().await.unwrap() {
        Moment::Commits(commits) => commits,
        Moment::Snapshot(_) => panic!("not SQLite"),
    };
    let before = commits().await;
    let writes: Vec<_> = (1..=400)
        .map(|id| {
            let store = store.store.clone();
            // Every fourth breaks off after its first half.
            let mut changes = vec![insert(id, "x")];
            changes.extend((id % 4 == 0).then(|| insert(0, "again")));
            tokio::spawn(async move { store.write(changes).await })
        })
        .collect();
    let mut done = 0;
    for write in writes {
        done += i64::from(write.await.unwrap().is_ok());
    }
    assert_eq!((done, count(&store).await), (300, 301));
    let commits = commits().await - before;
    assert!(commits < 100, "300 writes took {commits} commits");
}

#[tokio::test]
async fn a_disk_without_its_reserve_takes_no_write() {
    let options = Options { disk_reserve: u64::MAX, ..Options::default() };
    let store = TestStore::tuned(EngineKind::Sqlite, SCHEMA, options).await;
    let refused = store.write(insert(1, "one")).await;
    assert!(matches!(refused, Err(WriteError::DiskFull)), "{refused:?}");
    assert_eq!(count(&store).await, 0);
}

#[tokio::test]
async fn what_is_deleted_leaves_the_disk() {
    let store = fresh().await;
    let secret = "a secret that nobody may find again";
    let held = |store: &TestStore| {
        let wal = store.place.file().with_extension("db-wal");
        let bytes = [fs::read(store.place.file()).unwrap(), fs::read(wal).unwrap()].concat();
        bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    store.write(insert(1, secret)).await.unwrap();
    assert!(held(&store));
    store.write(Change::new("DELETE FROM t WHERE id = ?1", args![1])).await.unwrap();
    store.scrub().await.unwrap();
    assert!(!held(&store));
}

#[tokio::test]
async fn a_log_that_somebody_reads_is_not_called_empty() {
    let store = fresh().await;
    let other = rusqlite::Connection::open(store.place.file()).unwrap();
    other.execute_batch("BEGIN; SELECT COUNT(*) FROM t").unwrap();
    store.write(insert(1, "one")).await.unwrap();
    assert!(store.scrub().await.is_err());
    other.execute_batch("COMMIT").unwrap();
    store.scrub().await.unwrap();
}

/// Beside the commits, and as fast as they come: 100 MB of them need no log of that length.
#[tokio::test]
async fn what_is_committed_moves_into_the_file() {
    let store = fresh().await;
    let long = "x".repeat(100_000);
    let length = |of: &str| fs::metadata(store.place.file().with_extension(of)).unwrap().len();
    for id in 0..1_000 {
        store.write(insert(id, &long)).await.unwrap();
    }
    assert_eq!(count(&store).await, 1_000);
    assert!(length("db-wal") < 64 << 20, "the log has {} bytes", length("db-wal"));
    assert!(length("db") > 50 << 20, "the file has {} bytes", length("db"));
}

#[tokio::test]
async fn two_processes_take_turns() {
    let store = fresh().await;
    let other = Store::open_with(&store.place.url, SCHEMA).await.unwrap();
    let both = (0..100).map(|id| {
        let store = if id % 2 == 0 { store.store.clone() } else { other.clone() };
        tokio::spawn(async move { store.write(insert(id, "x")).await })
    });
    for write in both.collect::<Vec<_>>() {
        write.await.unwrap().unwrap();
    }
    assert_eq!((count(&store).await, count(&other).await), (100, 100));
}

#[tokio::test]
async fn a_write_whose_caller_left_harms_nobody() {
    let store = fresh().await;
    for id in 0..50 {
        let _ = tokio::time::timeout(Duration::ZERO, store.write(insert(id, "x"))).await;
        let _ = tokio::time::timeout(Duration::ZERO, store.rows(query("SELECT * FROM t", args![]))).await;
    }
    let begun = Instant::now();
    store.write(insert(1000, "last")).await.unwrap();
    assert!(count(&store).await >= 1);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
