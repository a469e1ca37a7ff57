//! Backups taken from a running store, and brought back into either engine.
#![allow(clippy::unwrap_used, clippy::panic)]

use landbridge_store::{
    Change, EngineKind, Erased, Erasure, ErasureJournal, Migration, Row, Store, StoreError, args,
    on_both_engines, query, restore_with, sequence,
    testing::{Place, TestStore},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

on_both_engines!(
    schema = SCHEMA;
    a_backup_comes_back_on_both_engines,
    a_backup_under_load_is_one_moment,
    what_was_erased_since_is_named,
    a_used_database_is_not_overwritten,
    a_backup_without_its_folder_fails,
);

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    name: "test",
    text: "
CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
CREATE TABLE erasures (
    id BIGINT PRIMARY KEY,
    subject_hash BYTES NOT NULL,
    at BIGINT NOT NULL
);
CREATE TABLE things (
    id BIGINT NOT NULL,
    \"order\" TEXT NOT NULL,
    body BYTES,
    PRIMARY KEY (id, \"order\")
) CLUSTERED;
CREATE INDEX things_order ON things (\"order\");
-- only sqlite
CREATE VIRTUAL TABLE search USING fts5 (text, content = '', contentless_delete = 1);
-- end
-- only postgres
CREATE TABLE search (rowid BIGINT PRIMARY KEY, text tsvector);
-- end
",
}];

const LATER: &[Migration] =
    &[SCHEMA[0], Migration { version: 2, name: "later", text: "ALTER TABLE things ADD COLUMN more BIGINT;" }];

async fn fill(store: &Store, from: i64, to: i64) {
    let insert = "INSERT INTO things (id, \"order\", body) VALUES (?1, ?2, ?3)";
    for id in from..to {
        let body = (id % 3 != 0).then(|| vec![id as u8; id as usize % 700]);
        let change = Change::new(insert, args![id, format!("größer {id} 'x'"), body]);
        store.write(vec![change, sequence::next("stream")]).await.unwrap();
    }
}

async fn things(store: &Store) -> Vec<Row> {
    store.rows(query("SELECT id, \"order\", body FROM things ORDER BY id", args![])).await.unwrap()
}

fn journal(place: &Place) -> ErasureJournal {
    ErasureJournal::new(&place.folder().join("erasures"))
}

async fn a_backup_comes_back_on_both_engines(store: TestStore) {
    fill(&store, 0, 400).await;
    let file = store.place.folder().join("backup");
    store.backup(&file).await.unwrap();
    let before = things(&store).await;
    fill(&store, 400, 402).await;

    for engine in [EngineKind::Sqlite, EngineKind::Postgres] {
        let place = Place::new(engine).await;
        let restored = restore_with(&file, &place.url, &journal(&place), LATER).await.unwrap();
        assert_eq!(
            restored.rebuild_search,
            (store.engine(), engine) != (EngineKind::Sqlite, EngineKind::Sqlite)
        );
        assert!(restored.erasures.is_empty());
        let back = Store::open_with(&place.url, LATER).await.unwrap();
        assert_eq!(things(&back).await, before);
        // The number after is one that the store, which went on after the backup, cannot have given out.
        let mut next = back.write(sequence::next("stream")).await.unwrap().returned.pop().unwrap();
        assert!(next.get::<i64>(0).unwrap() > 1_000_000);
    }
    // A second backup replaces the first.
    store.backup(&file).await.unwrap();
    let place = Place::new(EngineKind::Sqlite).await;
    restore_with(&file, &place.url, &journal(&place), SCHEMA).await.unwrap();
    assert_eq!(things(&Store::open_with(&place.url, SCHEMA).await.unwrap()).await.len(), 402);
}

/// Every write adds a thing and takes a number: in each backup there are as many things as the number says.
async fn a_backup_under_load_is_one_moment(store: TestStore) {
    let stop = Arc::new(AtomicBool::new(false));
    let (writing, stopped) = (store.store.clone(), stop.clone());
    let writer = tokio::spawn(async move {
        let mut id = 0;
        while !stopped.load(Ordering::Relaxed) {
            fill(&writing, id, id + 1).await;
            id += 1;
        }
    });
    let mut sizes = Vec::new();
    for number in 0..4 {
        let file = store.place.folder().join(format!("backup-{number}"));
        store.backup(&file).await.unwrap();
        let copy = Store::open_with(&format!("sqlite:{}", file.display()), SCHEMA).await.unwrap();
        let count =
            query("SELECT COUNT(*), (SELECT COALESCE(MAX(value), 0) FROM counters) FROM things", args![]);
        let mut row = copy.row(count).await.unwrap().unwrap();
        let (things, number): (i64, i64) = (row.get(0).unwrap(), row.get(1).unwrap());
        assert_eq!(things, number);
        sizes.push(things);
    }
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    assert!(sizes.last() > sizes.first(), "writes went on meanwhile: {sizes:?}");
}

async fn what_was_erased_since_is_named(store: TestStore) {
    let journal = journal(&store.place);
    let erase = async |subject: u8, at: i64| {
        let erasure = Erasure { of: Erased::Person, subject_hash: vec![subject; 32], at };
        journal.record(std::slice::from_ref(&erasure)).unwrap();
        let note = "INSERT INTO erasures (id, subject_hash, at) VALUES (?1, ?2, ?3)";
        store.write(Change::new(note, args![at, &erasure.subject_hash, at])).await.unwrap();
        erasure
    };
    erase(1, 10).await;
    let file = store.place.folder().join("backup");
    store.backup(&file).await.unwrap();
    let late = erase(2, 20).await;
    assert!(journal.pending(&store).await.unwrap().is_empty());

    let place = Place::new(store.engine()).await;
    let restored = restore_with(&file, &place.url, &journal, SCHEMA).await.unwrap();
    assert_eq!(restored.erasures, [late]);
}

async fn a_used_database_is_not_overwritten(store: TestStore) {
    fill(&store, 0, 3).await;
    let file = store.place.folder().join("backup");
    store.backup(&file).await.unwrap();
    let refused = restore_with(&file, &store.place.url, &journal(&store.place), SCHEMA).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(things(&store).await.len(), 3);

    let garbage = store.place.folder().join("garbage");
    std::fs::write(&garbage, vec![7; 10_000]).unwrap();
    let place = Place::new(store.engine()).await;
    for bad in [garbage, store.place.folder().join("absent")] {
        assert!(restore_with(&bad, &place.url, &journal(&place), SCHEMA).await.is_err());
    }
    // What failed does not stand in the way of a good one.
    restore_with(&file, &place.url, &journal(&place), SCHEMA).await.unwrap();
    assert_eq!(things(&Store::open_with(&place.url, SCHEMA).await.unwrap()).await.len(), 3);
}

async fn a_backup_without_its_folder_fails(store: TestStore) {
    assert!(store.backup(&store.place.folder().join("no/such/folder")).await.is_err());
    fill(&store, 0, 1).await;
}
