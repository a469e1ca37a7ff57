//! What only PostgreSQL does: connections that break, transactions that collide.
#![allow(clippy::unwrap_used, clippy::panic)]

use landbridge_store::{Change, EngineKind, Migration, Options, args, query, testing::TestStore};
use std::time::Duration;

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    name: "test",
    text: "CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT NOT NULL);
        INSERT INTO t VALUES (1, 0);
        INSERT INTO t VALUES (2, 0);",
}];

async fn fresh(connections: usize) -> TestStore {
    TestStore::tuned(EngineKind::Postgres, SCHEMA, Options { connections, ..Options::default() }).await
}

async fn number(store: &TestStore, id: i64) -> i64 {
    let row = store.row(query("SELECT n FROM t WHERE id = ?1", args![id])).await.unwrap();
    row.unwrap().get(0).unwrap()
}

fn add(id: i64) -> Change {
    Change::new("UPDATE t SET n = n + 1 WHERE id = ?1", args![id]).or_fail("row")
}

/// A connection of our own to the same schema.
async fn connect(store: &TestStore) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(&store.place.url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn broken_connections_are_replaced() {
    let store = fresh(2).await;
    let other = connect(&store).await;
    for round in 0..3 {
        assert_eq!(number(&store, 1).await, round);
        // Ends the connections of this store: those that looked at its schema's table last.
        let ended = other
            .query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE application_name = 'landbridge' AND query LIKE '%FROM t WHERE id%' AND pid <> pg_backend_pid()",
                &[],
            )
            .await
            .unwrap();
        assert!(!ended.is_empty());
        // A read is tried again; a write meets a new connection.
        assert_eq!(number(&store, 1).await, round);
        store.write(add(1)).await.unwrap();
    }
}

#[tokio::test]
async fn crossing_writes_all_come_through() {
    let store = fresh(8).await;
    // Half of them lock the rows in the other order: some must collide, and be run again.
    let writes = (0..60).map(|number| {
        let store = store.store.clone();
        let (first, second) = if number % 2 == 0 { (1, 2) } else { (2, 1) };
        tokio::spawn(async move { store.write(vec![add(first), add(second)]).await })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap().unwrap();
    }
    assert_eq!((number(&store, 1).await, number(&store, 2).await), (60, 60));
}

/// A member whom everybody writes to at once: nobody is sent away.
#[tokio::test]
async fn many_writes_to_one_row_all_come_through() {
    let store = std::sync::Arc::new(fresh(16).await);
    let writers = (0..64).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                store.write(add(1)).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    assert_eq!(number(&store, 1).await, 640);
}

#[tokio::test]
async fn a_write_whose_caller_left_holds_no_lock() {
    let store = fresh(1).await;
    for wait in 0..20 {
        let _ =
            tokio::time::timeout(Duration::from_micros(wait * 300), store.write(vec![add(1), add(2)])).await;
    }
    tokio::time::timeout(Duration::from_secs(10), store.write(add(1))).await.unwrap().unwrap();
    assert!(number(&store, 1).await > number(&store, 2).await);
}

#[tokio::test]
async fn errors_do_not_quote_values() {
    let store = fresh(1).await;
    let read = query("SELECT n FROM t WHERE id IN {ints ?1}", args![r#"["secret"]"#]);
    let error = store.rows(read).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
}

#[tokio::test]
async fn an_absent_server_is_named_as_such() {
    let url = "postgres://nobody@127.0.0.1:1/nothing";
    let error = landbridge_store::Store::open_with(url, SCHEMA).await.err().unwrap();
    assert_eq!(error.fault(), Some(landbridge_store::Fault::Unavailable), "{error}");
}
