//! The real schema: it applies on both engines, forward only, and to a database that several nodes open at once.
#![allow(clippy::unwrap_used, clippy::panic)]

use landbridge_store::{
    Change, EngineKind, MIGRATIONS, Migration, Row, Store, StoreError, args, on_both_engines, query,
    testing::{Place, TestStore, stores},
};

on_both_engines!(
    schema = FIRST;
    the_next_version_is_applied_to_what_is_there,
    a_database_from_the_future_is_refused,
    a_changed_migration_is_refused,
    a_failing_migration_leaves_nothing,
);

const FIRST: &[Migration] = &[step(1, "CREATE TABLE a (id BIGINT PRIMARY KEY); INSERT INTO a VALUES (1);")];
const SECOND: &[Migration] = &[FIRST[0], step(2, "ALTER TABLE a ADD COLUMN name TEXT NOT NULL DEFAULT 'x';")];
const CHANGED: &[Migration] = &[step(1, "CREATE TABLE a (id BIGINT PRIMARY KEY, more BIGINT);")];
const FAILING: &[Migration] =
    &[FIRST[0], step(2, "CREATE TABLE b (id BIGINT); INSERT INTO nowhere VALUES (1);")];

const fn step(version: i64, text: &'static str) -> Migration {
    Migration { version, name: "test", text }
}

async fn reopened(store: TestStore, migrations: &'static [Migration]) -> (Result<Store, StoreError>, Place) {
    store.store.close().await;
    (Store::open_with(&store.place.url, migrations).await, store.place)
}

async fn the_next_version_is_applied_to_what_is_there(store: TestStore) {
    let (opened, place) = reopened(store, SECOND).await;
    let opened = opened.unwrap();
    let mut row = opened.row(query("SELECT name FROM a WHERE id = 1", args![])).await.unwrap().unwrap();
    assert_eq!(row.get::<String>(0).unwrap(), "x");
    opened.close().await;
    Store::open_with(&place.url, SECOND).await.unwrap();
}

async fn a_database_from_the_future_is_refused(store: TestStore) {
    let (opened, place) = reopened(store, SECOND).await;
    opened.unwrap().close().await;
    let error = Store::open_with(&place.url, FIRST).await.err().unwrap();
    assert!(matches!(error, StoreError::Newer { database: 2, binary: 1 }));
    assert!(error.to_string().contains("newer version"));
}

async fn a_changed_migration_is_refused(store: TestStore) {
    let (opened, _place) = reopened(store, CHANGED).await;
    assert!(matches!(opened.err(), Some(StoreError::Changed { version: 1, .. })));
}

async fn a_failing_migration_leaves_nothing(store: TestStore) {
    let (opened, place) = reopened(store, FAILING).await;
    assert!(matches!(opened.err(), Some(StoreError::Migration { version: 2, .. })));
    let again = Store::open_with(&place.url, FIRST).await.unwrap();
    assert!(again.rows(query("SELECT id FROM b", args![])).await.is_err());
}

#[tokio::test]
async fn the_real_schema_applies_on_both_engines() {
    for store in stores().await {
        let rows = store.rows(query("SELECT version FROM schema_migrations", args![])).await.unwrap();
        assert_eq!(rows.len(), MIGRATIONS.len(), "{:?}", store.engine());
    }
}

/// From a database of before: one record at two paths, and a node beside it.
#[tokio::test]
async fn records_move_to_their_paths() {
    let version = MIGRATIONS.iter().position(|step| step.name == "0024_atproto_records").unwrap();
    for engine in [EngineKind::Sqlite, EngineKind::Postgres] {
        let old = TestStore::with_schema(engine, MIGRATIONS.split_at(version).0).await;
        let mut write = Vec::new();
        for (cid, bytes) in [(b"node", b"nodes own"), (b"post", b"of a post")] {
            let sql = "INSERT INTO atproto_blocks (actor_id, cid, rev, bytes) VALUES (1, ?1, 'r', ?2)";
            write.push(Change::new(sql, args![&cid[..], &bytes[..]]));
        }
        for rkey in ["x", "y"] {
            let sql = "INSERT INTO atproto_records (actor_id, collection, rkey, cid, rev) VALUES (1, 'c', ?1, ?2, 'r')";
            write.push(Change::new(sql, args![rkey, &b"post"[..]]));
        }
        old.write(write).await.unwrap();
        let (store, _place) = reopened(old, MIGRATIONS).await;
        let store = store.unwrap();
        let records = "SELECT rkey, cid, rev, bytes FROM atproto_records ORDER BY rkey";
        let mut records = store.rows(query(records, args![])).await.unwrap();
        let read = |row: &mut Row| {
            (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap(), row.get(3).unwrap())
        };
        let records: Vec<(String, Vec<u8>, String, Vec<u8>)> = records.iter_mut().map(read).collect();
        let post = |rkey: &str| (rkey.to_owned(), b"post".to_vec(), "r".to_owned(), b"of a post".to_vec());
        assert_eq!(records, [post("x"), post("y")]);
        let mut blocks = store.rows(query("SELECT cid FROM atproto_blocks", args![])).await.unwrap();
        let blocks: Vec<Vec<u8>> = blocks.iter_mut().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(blocks, [b"node"]);
    }
}

#[tokio::test]
async fn nodes_that_start_at_once_migrate_once() {
    let place = Place::new(EngineKind::Postgres).await;
    let open = || async { Store::open(&place.url).await.unwrap() };
    let (one, two, three) = tokio::join!(open(), open(), open());
    for store in [one, two, three] {
        let rows = store.rows(query("SELECT version FROM schema_migrations", args![])).await.unwrap();
        assert_eq!(rows.len(), MIGRATIONS.len());
    }
}

#[tokio::test]
async fn an_unknown_address_is_refused() {
    for url in ["", "sqlite:", "mysql://x", "/var/db"] {
        assert!(matches!(Store::open(url).await.err(), Some(StoreError::Address)), "{url}");
    }
}
