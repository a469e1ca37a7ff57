//! Reads and writes.
use landbridge_store::*;
const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    name: "test",
    text: "CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL); CREATE TABLE t (id BIGINT PRIMARY KEY, a TEXT, b BYTES);",
}];
#[tokio::test]
async fn smoke() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open_with(&format!("sqlite:{}/db", dir.path().display()), SCHEMA).await.unwrap();
    let w = store
        .write(vec![
            sequence::next("x"),
            Change::new("INSERT INTO t VALUES (?1, ?2, ?3)", args![1, "a", None::<Vec<u8>>]).or_fail("x"),
        ])
        .await
        .unwrap();
    assert_eq!(w.returned, store.rows(query("SELECT value FROM counters", args![])).await.unwrap());
    let r = store
        .write(vec![
            Change::new("DELETE FROM t", args![]),
            Change::forbid("SELECT 1 FROM counters", args![], "no"),
        ])
        .await;
    assert!(matches!(r, Err(WriteError::Precondition("no"))));
    assert_eq!(
        store.rows(query("SELECT * FROM t WHERE id IN {ints ?1}", args!["[1,2]"])).await.unwrap().len(),
        1
    );
    store.backup(&dir.path().join("b")).await.unwrap();
    store.close().await;
}
