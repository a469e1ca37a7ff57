//! Databases for tests, of this crate and of those above it: a fresh one for each test, on each engine.
//!
//! ```ignore
//! landbridge_store::on_both_engines!(a_post_is_found);
//!
//! async fn a_post_is_found(store: TestStore) { ... }
//! ```

mod server;

pub use server::OwnPostgres;

use crate::{EngineKind, MIGRATIONS, Migration, Options, Store, StoreError, statement::translate};
use std::{
    borrow::Cow,
    ops::Deref,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::SystemTime,
};
use tempfile::TempDir;

/// An address of an empty database, and a folder that goes with it at the end of the test.
pub struct Place {
    pub engine: EngineKind,
    pub url: String,
    folder: TempDir,
}

impl Place {
    pub async fn new(engine: EngineKind) -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = match engine {
            EngineKind::Sqlite => format!("sqlite:{}", folder.path().join("test.db").display()),
            EngineKind::Postgres => fresh_schema().await,
        };
        Place { engine, url, folder }
    }

    /// An empty folder (but for the database itself on SQLite).
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database file, on SQLite.
    pub fn file(&self) -> PathBuf {
        self.folder().join("test.db")
    }
}

/// An open store in a fresh place.
pub struct TestStore {
    pub store: Store,
    pub place: Place,
}

impl TestStore {
    /// With the real schema.
    pub async fn new(engine: EngineKind) -> TestStore {
        TestStore::with_schema(engine, MIGRATIONS).await
    }

    pub async fn with_schema(engine: EngineKind, migrations: &'static [Migration]) -> TestStore {
        TestStore::tuned(engine, migrations, Options::default()).await
    }

    pub async fn tuned(engine: EngineKind, migrations: &'static [Migration], options: Options) -> TestStore {
        let place = Place::new(engine).await;
        let store = Store::open_tuned(&place.url, migrations, options).await.expect("a fresh database opens");
        TestStore { store, place }
    }
}

impl Deref for TestStore {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

/// A store with the real schema on each engine.
pub async fn stores() -> Vec<TestStore> {
    vec![TestStore::new(EngineKind::Sqlite).await, TestStore::new(EngineKind::Postgres).await]
}

/// Makes a test on each engine, `sqlite::NAME` and `postgres::NAME`, of every listed `async fn NAME(store: TestStore)`.
/// One that is not listed is reported by the compiler as never used. `schema = X;` before the names takes a schema of
/// the test's own.
#[macro_export]
macro_rules! on_both_engines {
    (schema = $schema:expr; $($name:ident),+ $(,)?) => {
        mod sqlite {
            #[allow(unused_imports)]
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let engine = $crate::EngineKind::Sqlite;
                super::$name($crate::testing::TestStore::with_schema(engine, $schema).await).await
            })+
        }
        mod postgres {
            #[allow(unused_imports)]
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                let engine = $crate::EngineKind::Postgres;
                super::$name($crate::testing::TestStore::with_schema(engine, $schema).await).await
            })+
        }
    };
    ($($name:ident),+ $(,)?) => {
        $crate::on_both_engines!(schema = $crate::MIGRATIONS; $($name),+);
    };
}

/// A schema of its own in the test server. The server is a throw-away one, so nothing is cleaned up.
async fn fresh_schema() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let base = server::url();
    let moment = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
    let name = format!("t{}_{}_{moment}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let (client, connection) =
        tokio_postgres::connect(&base, tokio_postgres::NoTls).await.expect("the test PostgreSQL answers");
    tokio::spawn(connection);
    client.batch_execute(&format!("CREATE SCHEMA {name}")).await.expect("a schema can be made");
    let joint = if base.contains('?') { '&' } else { '?' };
    format!("{base}{joint}options=-csearch_path%3D{name}")
}

/// The engine's own text of a statement in the common dialect.
pub fn translated(sql: &str, engine: EngineKind) -> Result<String, StoreError> {
    translate(sql, engine).map(Cow::into_owned)
}
