//! Writes: all or nothing, preconditions, what comes back; the same on both engines.
#![allow(clippy::unwrap_used, clippy::panic)]

use landbridge_store::{
    Change, Fault, Migration, StoreError, Value, Write, WriteError, args, on_both_engines, query, sequence,
    testing::TestStore,
};

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    name: "test",
    text: "CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
        CREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT UNIQUE, body BYTES, flag BIGINT NOT NULL DEFAULT 0);",
}];

on_both_engines!(
    schema = SCHEMA;
    values_come_back_as_they_went,
    a_write_is_all_or_nothing,
    each_precondition_is_named,
    returning_rows_come_in_order,
    faults_have_the_same_names,
    wrong_arguments_are_refused,
    many_writers_never_lose_an_update,
    preconditions_hold_under_concurrency,
    a_sequence_has_no_double_and_no_hole,
    what_is_told_is_what_was_kept,
    several_reads_see_one_snapshot,
    sets_of_values_are_found,
    a_closed_store_says_so,
);

fn insert(id: i64, name: &str) -> Change {
    Change::new("INSERT INTO things (id, name) VALUES (?1, ?2)", args![id, name])
}

async fn ids(store: &TestStore) -> Vec<i64> {
    let rows = store.rows(query("SELECT id FROM things ORDER BY id", args![])).await.unwrap();
    rows.into_iter().map(|mut row| row.get(0).unwrap()).collect()
}

async fn values_come_back_as_they_went(store: TestStore) {
    let all = args![i64::MIN, "Grüße, 世界 🌍", vec![0u8, 255, 1], true];
    store
        .write(Change::new("INSERT INTO things (id, name, body, flag) VALUES (?1, ?2, ?3, ?4)", all.clone()))
        .await
        .unwrap();
    let none = args![2, None::<String>, None::<Vec<u8>>, false];
    store
        .write(Change::new("INSERT INTO things (id, name, body, flag) VALUES (?1, ?2, ?3, ?4)", none.clone()))
        .await
        .unwrap();
    let rows =
        store.rows(query("SELECT id, name, body, flag FROM things ORDER BY id", args![])).await.unwrap();
    for (mut row, expected) in rows.into_iter().zip([all, none]) {
        for (column, value) in expected.into_iter().enumerate() {
            assert_eq!(row.get::<Value>(column).unwrap(), value);
        }
        assert!(matches!(row.get::<i64>(4), Err(StoreError::Column { column: 4, .. })));
    }
    let mut counts = store
        .row(query(
            "SELECT COUNT(*), SUM(flag), MAX(flag), EXISTS (SELECT 1 FROM things) FROM things",
            args![],
        ))
        .await
        .unwrap()
        .unwrap();
    let counts: Vec<i64> = (0..4).map(|column| counts.get(column).unwrap()).collect();
    assert_eq!(counts, [2, 1, 1, 1]);
}

async fn a_write_is_all_or_nothing(store: TestStore) {
    let doubled = store.write(vec![insert(1, "one"), insert(2, "one")]).await;
    assert!(matches!(doubled, Err(WriteError::Store(error)) if error.fault() == Some(Fault::Unique)));
    assert!(ids(&store).await.is_empty());
    store.write(vec![insert(1, "one"), insert(2, "two")]).await.unwrap();
    assert_eq!(ids(&store).await, [1, 2]);
    store.write(Write::default()).await.unwrap();
}

async fn each_precondition_is_named(store: TestStore) {
    store.write(insert(1, "one")).await.unwrap();
    let find = "SELECT 1 FROM things WHERE name = ?1";
    let rename = "UPDATE things SET name = ?2 WHERE id = ?1";
    let failing = [
        ("gone", vec![insert(7, "x"), Change::new(rename, args![5, "five"]).or_fail("gone")]),
        ("missing", vec![insert(7, "x"), Change::require(find, args!["two"], "missing")]),
        ("taken", vec![insert(7, "x"), Change::forbid(find, args!["one"], "taken"), insert(7, "twice")]),
        (
            "unreturned",
            vec![
                insert(7, "x"),
                Change::new("DELETE FROM things WHERE id = ?1 RETURNING id", args![9]).or_fail("unreturned"),
            ],
        ),
    ];
    for (name, changes) in failing {
        let refused = store.write(changes).await;
        assert!(
            matches!(refused, Err(WriteError::Precondition(found)) if found == name),
            "{name}: {refused:?}"
        );
        assert_eq!(ids(&store).await, [1]);
    }
    let holding = vec![
        Change::require(find, args!["one"], "missing"),
        Change::forbid(find, args!["two"], "taken"),
        Change::new(rename, args![1, "two"]).or_fail("gone"),
    ];
    assert!(store.write(holding).await.unwrap().returned.is_empty());
}

async fn returning_rows_come_in_order(store: TestStore) {
    let returning = "INSERT INTO things (id, name) VALUES (?1, ?2) RETURNING id, name";
    let changes = vec![
        Change::new(returning, args![2, "b"]),
        insert(3, "c"),
        Change::require("SELECT 1 FROM things WHERE id = ?1", args![3], "missing"),
        Change::new(returning, args![1, "a"]).or_fail("inserted"),
    ];
    let returned = store.write(changes).await.unwrap().returned;
    let found: Vec<(i64, String)> =
        returned.into_iter().map(|mut row| (row.get(0).unwrap(), row.get(1).unwrap())).collect();
    assert_eq!(found, [(2, "b".to_owned()), (1, "a".to_owned())]);
}

async fn faults_have_the_same_names(store: TestStore) {
    store.write(insert(1, "secret")).await.unwrap();
    let fault = async |sql: &'static str, args: Vec<Value>| {
        let error = store.write(Change::new(sql, args)).await.unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        match error {
            WriteError::Store(error) => error.fault(),
            other => panic!("{other:?}"),
        }
    };
    let insert = "INSERT INTO things (id, name) VALUES (?1, ?2)";
    assert_eq!(fault(insert, args![1, "other"]).await, Some(Fault::Unique));
    assert_eq!(fault(insert, args![2, "secret"]).await, Some(Fault::Unique));
    let unset = "UPDATE things SET flag = ?2 WHERE name = ?1";
    assert_eq!(fault(unset, args!["secret", None::<i64>]).await, Some(Fault::Constraint));
    assert_eq!(fault("SELECT nothing FROM nowhere", args![]).await, Some(Fault::Other));
    let read = store.rows(query("SELECT nothing FROM nowhere", args![])).await.unwrap_err();
    assert_eq!(read.fault(), Some(Fault::Other));
}

async fn wrong_arguments_are_refused(store: TestStore) {
    let few = store.write(Change::new("DELETE FROM things WHERE id = ?1", args![])).await;
    assert!(matches!(few, Err(WriteError::Store(StoreError::Arguments { wanted: 1, given: 0, .. }))));
    let many = store.rows(query("SELECT id FROM things WHERE id = ?1", args![1, 2])).await;
    assert!(matches!(many, Err(StoreError::Arguments { wanted: 1, given: 2, .. })));
    let nul = store.write(insert(1, "a\0b")).await;
    assert!(matches!(nul, Err(WriteError::Store(StoreError::Nul))));
    assert!(ids(&store).await.is_empty());
}

/// Runs `count` writes at the same time.
async fn at_once(
    store: &TestStore,
    count: i64,
    write: impl Fn(i64) -> Write,
) -> Vec<Result<landbridge_store::Written, WriteError>> {
    let running: Vec<_> = (0..count)
        .map(|number| {
            let (store, write) = (store.store.clone(), write(number));
            tokio::spawn(async move { store.write(write).await })
        })
        .collect();
    let mut done = Vec::new();
    for write in running {
        done.push(write.await.unwrap());
    }
    done
}

async fn many_writers_never_lose_an_update(store: TestStore) {
    store.write(insert(1, "one")).await.unwrap();
    let add = "UPDATE things SET flag = flag + 1 WHERE id = ?1";
    for done in at_once(&store, 50, |_| Change::new(add, args![1]).or_fail("row").into()).await {
        done.unwrap();
    }
    let mut row = store.row(query("SELECT flag FROM things WHERE id = 1", args![])).await.unwrap().unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), 50);
}

/// No unique constraint helps here: only that writes behave as if they came one after the other.
async fn preconditions_hold_under_concurrency(store: TestStore) {
    let free = "SELECT 1 FROM things WHERE flag = ?1";
    let take = "INSERT INTO things (id, flag) VALUES (?1, ?2)";
    let done = at_once(&store, 40, |number| {
        let place = number % 4;
        vec![Change::forbid(free, args![place], "taken"), Change::new(take, args![number, place])].into()
    })
    .await;
    let won = done.iter().filter(|done| done.is_ok()).count();
    assert!(
        done.iter().all(|done| matches!(done, Ok(_) | Err(WriteError::Precondition("taken")))),
        "{done:?}"
    );
    assert_eq!((won, ids(&store).await.len()), (4, 4));
}

async fn a_sequence_has_no_double_and_no_hole(store: TestStore) {
    let watching = store.store.clone();
    // Whoever reads the numbers sees them grow without a gap: none appears below one that was seen.
    let watcher = tokio::spawn(async move {
        loop {
            let seen = watching.rows(query("SELECT id FROM things ORDER BY id", args![])).await.unwrap();
            let seen: Vec<i64> = seen.into_iter().map(|mut row| row.get(0).unwrap()).collect();
            assert_eq!(seen, (1..=seen.len() as i64).collect::<Vec<_>>());
            if seen.len() == 60 {
                return;
            }
        }
    });
    let take =
        "INSERT INTO things (id, flag) VALUES ((SELECT value FROM counters WHERE name = 'stream'), ?1)";
    let done =
        at_once(&store, 60, |number| vec![sequence::next("stream"), Change::new(take, args![number])].into())
            .await;
    let mut numbers: Vec<i64> =
        done.into_iter().map(|done| done.unwrap().returned.pop().unwrap().get(0).unwrap()).collect();
    numbers.sort();
    assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
    watcher.await.unwrap();
}

/// Others fail beside them, some of them after they have taken a number.
async fn what_is_told_is_what_was_kept(store: TestStore) {
    store.write(insert(0, "taken")).await.unwrap();
    let take =
        "INSERT INTO things (id, flag) VALUES (?1, (SELECT value FROM counters WHERE name = 'stream'))";
    let writes = 200;
    let done = at_once(&store, writes, |number| {
        let mut changes = vec![];
        changes.extend((number % 7 == 3).then(|| Change::require("SELECT 1 WHERE 1 = 0", args![], "first")));
        changes.extend([sequence::next("stream"), Change::new(take, args![number + 1])]);
        changes.extend((number % 5 == 4).then(|| insert(0, "again")));
        changes.into()
    })
    .await;
    for (number, done) in (0..writes).zip(done) {
        let kept = query("SELECT flag FROM things WHERE id = ?1", args![number + 1]);
        let kept = store.row(kept).await.unwrap().map(|mut row| row.get::<i64>(0).unwrap());
        let told = done.map(|mut done| done.returned.pop().unwrap().get::<i64>(0).unwrap());
        assert_eq!(told.as_ref().ok(), kept.as_ref(), "{number}: {told:?}");
        assert_eq!(told.is_ok(), number % 7 != 3 && number % 5 != 4);
    }
}

async fn several_reads_see_one_snapshot(store: TestStore) {
    let (writing, done) =
        (store.store.clone(), std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false)));
    let finished = done.clone();
    let writer = tokio::spawn(async move {
        for id in 0..200 {
            writing.write(insert(id, &id.to_string())).await.unwrap();
        }
        finished.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    while !done.load(std::sync::atomic::Ordering::Relaxed) {
        let count = || query("SELECT COUNT(*) FROM things", args![]);
        let mut answers = store.all(vec![count(), count(), count()]).await.unwrap();
        let counts: Vec<i64> = answers.iter_mut().map(|rows| rows[0].get(0).unwrap()).collect();
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    }
    writer.await.unwrap();
    // One failing query fails them all, and the connection stays good.
    let bad =
        store.all(vec![query("SELECT 1", args![]), query("SELECT nothing FROM nowhere", args![])]).await;
    assert!(bad.is_err());
    assert_eq!(
        store.all(vec![query("SELECT 1", args![]), query("SELECT 2", args![])]).await.unwrap().len(),
        2
    );
}

async fn sets_of_values_are_found(store: TestStore) {
    store.write(vec![insert(1, "one"), insert(2, "two"), insert(3, "three")]).await.unwrap();
    let by_id =
        store.rows(query("SELECT id FROM things WHERE id IN {ints ?1}", args!["[1, 3, 9]"])).await.unwrap();
    assert_eq!(by_id.len(), 2);
    let by_name = query(
        "SELECT id FROM things WHERE name IN {texts ?2} AND id > ?1",
        args![1, r#"["one", "two", "it's \"odd\" $1 ?1"]"#],
    );
    assert_eq!(store.rows(by_name).await.unwrap().len(), 1);
}

async fn a_closed_store_says_so(store: TestStore) {
    let other = store.store.clone();
    store.write(insert(1, "one")).await.unwrap();
    store.store.close().await;
    assert!(matches!(other.write(insert(2, "two")).await, Err(WriteError::Store(StoreError::Closed))));
    assert!(matches!(other.rows(query("SELECT 1", args![])).await, Err(StoreError::Closed)));
    let again = landbridge_store::Store::open_with(&store.place.url, SCHEMA).await.unwrap();
    assert_eq!(again.rows(query("SELECT id FROM things", args![])).await.unwrap().len(), 1);
}
