//! Acknowledged means durable.
//!
//! A child process (this same test program) writes as fast as it can and says which writes were acknowledged; it is
//! killed at a moment it does not expect. Then everything it was promised must be there, and no write by half.
//!
//! - `killed_*`: the process dies; what it gave to the operating system stays.
//! - `power_*`: the machine dies too: only what was synced stays, with `unsynced.c` standing in for the disk.
#![allow(clippy::unwrap_used, clippy::panic)]

mod disk;

use landbridge_store::{Change, EngineKind, Migration, Options, Row, Store, args, query, testing::Place};
use std::{
    collections::BTreeSet,
    io::{Read, Write as _},
    process::{Child, Command, Stdio},
    time::Duration,
};

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    name: "test",
    text: "
CREATE TABLE halves (
    id BIGINT NOT NULL,
    half BIGINT NOT NULL,
    body BYTES NOT NULL,
    PRIMARY KEY (id, half)
);
",
}];

/// Tells the child what to do: an address, the first number, and whether to wait for the disk.
const TASK: &str = "LANDBRIDGE_DURABILITY_TASK";
const WRITERS: i64 = 16;
/// More than a child writes in one life.
const LIFE: i64 = 10_000_000;

#[tokio::test]
async fn killed_again_and_again_sqlite_keeps_its_word() {
    killed_again_and_again(EngineKind::Sqlite).await;
}

#[tokio::test]
async fn killed_again_and_again_postgres_keeps_its_word() {
    killed_again_and_again(EngineKind::Postgres).await;
}

async fn killed_again_and_again(engine: EngineKind) {
    let place = Place::new(engine).await;
    let mut promised = BTreeSet::new();
    for life in 0..6 {
        promised.extend(run_and_kill(&mut child(&place.url, life * LIFE, true), 150 + 170 * life as u64));
        let store = Store::open_with(&place.url, SCHEMA).await.unwrap();
        let found = found(&store).await;
        let lost: Vec<_> = promised.difference(&found).collect();
        assert!(lost.is_empty(), "life {life}: lost {lost:?}");
        store.close().await;
    }
    assert!(promised.len() > 100, "the load was a load: {} writes", promised.len());
}

#[tokio::test]
async fn power_cut_again_and_again_sqlite_keeps_its_word() {
    let shim = disk::Shim::build();
    for (life, leak) in [(0, 0), (1, 0), (2, 20), (3, 50), (4, 80)] {
        let disk = disk::Disk::new(&shim, leak);
        let promised = run_and_kill(&mut disk.child(true), 400 + 250 * life);
        assert!(promised.len() > 20, "the load was a load: {} writes", promised.len());
        let found = after_power_cut(&disk).await.unwrap();
        let lost: Vec<_> = promised.difference(&found).collect();
        assert!(lost.is_empty(), "leak {leak}: lost {lost:?}");
    }
}

/// What the test above would say of a store that does not wait for the disk: it must see the loss.
#[tokio::test]
async fn power_cut_without_sync_is_seen_to_lose() {
    let shim = disk::Shim::build();
    let disk = disk::Disk::new(&shim, 0);
    let promised = run_and_kill(&mut disk.child(false), 500);
    assert!(promised.len() > 20);
    let found = after_power_cut(&disk).await.unwrap_or_default();
    assert!(promised.difference(&found).count() > 0, "{} writes, none lost", promised.len());
}

/// What is on the disk after the power came back; an error when the file cannot even be opened.
async fn after_power_cut(disk: &disk::Disk<'_>) -> Result<BTreeSet<i64>, landbridge_store::StoreError> {
    let store = Store::open_with(&format!("sqlite:{}", disk.survivors().display()), SCHEMA).await?;
    let mut check = store.row(query("PRAGMA integrity_check", args![])).await?.unwrap();
    assert_eq!(check.get::<String>(0)?, "ok");
    Ok(found(&store).await)
}

/// The writes that are there. A write has two halves: one without the other is a broken promise too.
async fn found(store: &Store) -> BTreeSet<i64> {
    let rows = store
        .rows(query("SELECT id, COUNT(*), MIN(LENGTH(body)) FROM halves GROUP BY id", args![]))
        .await
        .unwrap();
    let read = |mut row: Row| {
        let (id, halves, length): (i64, i64, i64) =
            (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
        assert_eq!((halves, length), (2, body(id).len() as i64), "write {id}");
        id
    };
    rows.into_iter().map(read).collect()
}

fn body(id: i64) -> Vec<u8> {
    vec![id as u8; 1 + (id as usize * 37) % 6000]
}

/// This program again, as the child that writes.
fn child(url: &str, first: i64, durable: bool) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "the_child_that_writes", "--ignored", "--nocapture", "--test-threads", "1"]);
    command.env(TASK, format!("{first} {durable} {url}"));
    command
}

/// Lets the child write for a while, kills it (SIGKILL), and returns the numbers it was promised.
fn run_and_kill(command: &mut Command, milliseconds: u64) -> BTreeSet<i64> {
    let mut child: Child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        text
    });
    std::thread::sleep(Duration::from_millis(milliseconds));
    child.kill().unwrap();
    child.wait().unwrap();
    let text = reader.join().unwrap();
    text.lines().filter_map(|line| line.strip_prefix("promised ")?.parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "not a test: the process that the tests here kill"]
async fn the_child_that_writes() {
    let Ok(task) = std::env::var(TASK) else { return };
    let mut task = task.splitn(3, ' ');
    let first: i64 = task.next().unwrap().parse().unwrap();
    let durable = task.next() == Some("true");
    let url = task.next().unwrap();
    let store = Store::open_tuned(url, SCHEMA, Options { durable, ..Options::default() }).await.unwrap();
    let insert = "INSERT INTO halves (id, half, body) VALUES (?1, ?2, ?3)";
    let writers = (0..WRITERS).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for id in (first + writer..first + LIFE).step_by(WRITERS as usize) {
                let halves = (0..2).map(|half| Change::new(insert, args![id, half, body(id)]));
                store.write(halves.collect::<Vec<_>>()).await.unwrap();
                std::io::stdout().write_all(format!("promised {id}\n").as_bytes()).unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}
