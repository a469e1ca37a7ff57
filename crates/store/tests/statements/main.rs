//! Every statement of the program is prepared on both engines: in place of checks at compile time.
#![allow(clippy::unwrap_used, clippy::panic)]

mod source;

use landbridge_store::{
    EngineKind,
    testing::{TestStore, translated},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use tokio_postgres::types::Type;

/// What the store can read.
const READABLE: &[Type] = &[
    Type::INT8,
    Type::INT4,
    Type::INT2,
    Type::BOOL,
    Type::NUMERIC,
    Type::TEXT,
    Type::VARCHAR,
    Type::BYTEA,
    Type::JSON,
    Type::JSONB,
];

/// Tables that stay small, and the name of a subquery that does.
const SMALL: &[&str] = &[
    "account_notes",
    "atproto_pending",
    "doomed_files",
    "domain_rules",
    "erasures",
    "hidden_posts", // Only whether there is any.
    "label_sources",
    "label_choices",
    "mutes",
    "rule_lists",
    "reports",
    "waves", // And within one statement:
    "down",
    "e",
    "each",
    "first",
    "found",
    "latest",
    "listed",
    "newer",
    "tagged",
    "targets",
    "up",
];
/// Statements that clean up, answer the operator, or renew what is kept in memory, now and then, and may take their time.
const SWEEPS: &[&str] = &[
    "DELETE FROM home WHERE (member_id, post_id) IN",
    "DELETE FROM contacts WHERE state IN ('cancelled', 'admitted', 'parked')",
    "DELETE FROM once WHERE member_id = ?1",
    "DELETE FROM thread_mutes WHERE member_id = ?1",
    "SELECT a.id FROM actors a WHERE (lower(a.username) LIKE",
    "SELECT a.id FROM actors a WHERE a.domain <> '' AND a.state = 0",
    "SELECT actor_id, sealed_key FROM members ORDER BY actor_id LIMIT 1",
    "SELECT DISTINCT destination FROM deliveries WHERE actor_id = ?1",
    "SELECT facts FROM grants WHERE purpose = ?1",
    "DELETE FROM deliveries WHERE state <> 0 AND finished_at < ?1",
    "DELETE FROM idempotency WHERE at < ?1",
    "DELETE FROM nostr_deleted WHERE pubkey = ?1",
    "DELETE FROM notifications WHERE at < ?1",
    "DELETE FROM once WHERE expires_at <= ?1",
    "DELETE FROM payloads WHERE at < ?1",
    "DELETE FROM push_subscriptions WHERE NOT EXISTS",
    "DELETE FROM tombstones WHERE at < ?1",
    "SELECT COUNT(*), COUNT(CASE WHEN m.last_active_at >= ?1 THEN 1 END)",
    "SELECT id, network, destination, act, state, attempts, next_at, answer FROM deliveries WHERE (?1 = '' OR host = ?1)",
    "SELECT d.network, d.host, COUNT(CASE WHEN d.state = 0 THEN 1 END)",
    // Every few seconds at most, while apps ask.
    "SELECT s.client FROM nostr_sessions s CROSS JOIN grants g",
    "SELECT m.actor_id, m.password_hash, m.role, m.settings, m.created_at FROM members m CROSS JOIN",
    "SELECT m.actor_id FROM members m JOIN actors a ON a.id = m.actor_id WHERE a.state = 3",
    "SELECT owner_id, post_id, media, state, created_at FROM media WHERE post_id IS NULL AND created_at < ?1",
    "SELECT state, COUNT(*), MIN(created_at) FROM deliveries GROUP BY state",
    "UPDATE contacts SET state = 'cancelled', more = 0 WHERE state = 'request'",
    "UPDATE deliveries SET state = 0, next_at = ?2, finished_at = NULL WHERE (?1 = '' OR host = ?1)",
];

#[tokio::test]
async fn every_statement_is_prepared_on_both_engines() {
    let (sqlite, postgres) =
        (TestStore::new(EngineKind::Sqlite).await, TestStore::new(EngineKind::Postgres).await);
    let file = rusqlite::Connection::open(sqlite.place.file()).unwrap();
    let (client, connection) =
        tokio_postgres::connect(&postgres.place.url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);

    let shared = shared();
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in sources() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for found in source::statements(&shared, &fs::read_to_string(&path).unwrap()) {
            count += 1;
            let mut complain = |what: String| wrong.push(format!("{name}: {what}\n  {}", found.text));
            let mut shapes = Vec::new();
            if found.only != Some(EngineKind::Postgres) {
                let text = translated(&found.text, EngineKind::Sqlite).unwrap();
                match file.prepare(&text) {
                    Ok(statement) => shapes.push((statement.parameter_count(), statement.column_count())),
                    Err(error) => complain(format!("SQLite: {error}")),
                }
            }
            if found.only != Some(EngineKind::Sqlite) {
                let text = translated(&found.text, EngineKind::Postgres).unwrap();
                match client.prepare(&text).await {
                    Ok(statement) => {
                        for column in statement.columns() {
                            if !READABLE.contains(column.type_()) {
                                complain(format!("column {} is a {}", column.name(), column.type_()));
                            }
                        }
                        shapes.push((statement.params().len(), statement.columns().len()));
                    }
                    Err(error) => {
                        let cause = error.as_db_error().map_or(error.to_string(), |e| e.message().to_owned());
                        complain(format!("PostgreSQL: {cause}"));
                    }
                }
            }
            if let [one, other] = shapes[..]
                && one != other
            {
                complain(format!("(arguments, columns) differ: SQLite {one:?}, PostgreSQL {other:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} statements:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 50, "only {count} statements found");
}

/// No statement reads through a whole table, but for those that are meant to.
#[tokio::test]
async fn no_statement_scans_a_table() {
    let store = TestStore::new(EngineKind::Sqlite).await;
    let file = rusqlite::Connection::open(store.place.file()).unwrap();
    // As the store has it.
    file.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    let shared = shared();
    let mut scans = Vec::new();
    let mut used = BTreeSet::new();
    for path in sources() {
        for found in source::statements(&shared, &fs::read_to_string(&path).unwrap()) {
            if found.only == Some(EngineKind::Postgres) {
                continue;
            }
            let text = translated(&found.text, EngineKind::Sqlite).unwrap();
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for step in plan(&file, &text) {
                let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
                let small =
                    |table: &str| SMALL.contains(&table) || table == "CONSTANT" || table == "json_each";
                if step.contains("INDEX") || table.is_none_or(small) {
                    continue;
                }
                match SWEEPS.iter().find(|sweep| text.starts_with(**sweep)) {
                    Some(sweep) => _ = used.insert(*sweep),
                    None => scans.push(format!("{}: {step}\n  {text}", path.display())),
                }
            }
        }
    }
    assert!(scans.is_empty(), "these need an index, or a place in SMALL or SWEEPS:\n{}", scans.join("\n"));
    let unused: Vec<_> = SWEEPS.iter().filter(|sweep| !used.contains(*sweep)).collect();
    assert!(unused.is_empty(), "SWEEPS without a statement: {unused:?}");
}

fn plan(file: &rusqlite::Connection, text: &str) -> Vec<String> {
    let mut explain = file.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
    let nothing = vec![rusqlite::types::Null; explain.parameter_count()];
    let steps = explain.query_map(rusqlite::params_from_iter(nothing), |row| row.get(3)).unwrap();
    steps.collect::<Result<_, _>>().unwrap()
}

/// Where macros stand that all entities use.
fn shared() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/entities");
    ["mod.rs", "posts.rs", "actors.rs"].map(|file| fs::read_to_string(root.join(file)).unwrap()).concat()
}

/// The entities, and the few files of the engine whose statements run on both.
fn sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![root.join("erasure.rs"), root.join("sequence.rs")];
    let mut folders = vec![root.join("entities")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
