//! One connection: how it is set up, and how a statement is run on it.

use crate::{
    EngineKind, Fault, Migration, Options, Packed, Query, Row, StoreError, Value, migrate,
    statement::{cache_key, translate},
    write::Outcome,
};
use rusqlite::{
    Error, ErrorCode, OpenFlags, Statement, TransactionBehavior,
    config::DbConfig,
    hooks::Wal,
    types::{ToSql, ToSqlOutput, Type, ValueRef},
};
use std::{
    borrow::Cow,
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// Prepared statements kept by each connection; more than there are in the program.
const STATEMENTS: usize = 1024;
/// How long to wait for another process (the command line beside a running server).
const BUSY: Duration = Duration::from_secs(5);

pub(crate) struct Connection {
    raw: rusqlite::Connection,
    /// Translated statements, by the address of the original.
    texts: HashMap<(usize, usize), Cow<'static, str>>,
}

impl Connection {
    /// The one connection that writes. Creates the file when there is none.
    pub fn writer(path: &Path, options: &Options) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = Connection::open(path, flags)?;
        let synchronous = synchronous(options);
        // WAL: readers and the writer never wait for each other. FULL: a commit is on disk when it is answered.
        // secure_delete: what is deleted is overwritten with zeros.
        connection.batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864;"
        ))?;
        Ok(connection)
    }

    /// A connection that moves into the file what another one has written.
    pub fn beside(path: &Path, options: &Options) -> Result<Connection, StoreError> {
        let connection = Connection::open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let synchronous = synchronous(options);
        connection.batch(&format!(
            "PRAGMA synchronous = {synchronous}; PRAGMA checkpoint_fullfsync = ON; PRAGMA wal_autocheckpoint = 0;"
        ))?;
        Ok(connection)
    }

    /// From now on nothing is moved into the file within commits; after each the length of the log, in pages, is told.
    pub fn after_commits(&mut self, pages: Arc<AtomicUsize>) -> Result<(), StoreError> {
        let tell = move |_: &mut Wal, length: i32| {
            pages.store(usize::try_from(length).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        self.raw.wal_hook(Some(tell)).map_err(fault)
    }

    /// Moves everything into the file and empties the log; an error when readers are in the way for too long.
    pub fn empty_log(&self) -> Result<(), StoreError> {
        let busy: bool =
            self.raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0)).map_err(fault)?;
        match busy {
            true => Err(StoreError::Engine {
                fault: Fault::Busy,
                message: "the write-ahead log is being read".into(),
                statement: None,
            }),
            false => Ok(()),
        }
    }

    /// A connection that only reads.
    pub fn reader(path: &Path) -> Result<Connection, StoreError> {
        let connection = Connection::open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.batch("PRAGMA query_only = ON;")?;
        Ok(connection)
    }

    fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
        let raw = rusqlite::Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| StoreError::file(path.display(), error))?;
        raw.set_prepared_statement_cache_capacity(STATEMENTS);
        raw.busy_timeout(BUSY).map_err(fault)?;
        // Plans do not depend on the values of arguments; otherwise statements (all with a `LIMIT ?1`, for one) would be
        // prepared anew each time that other arguments are bound.
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(fault)?;
        let connection = Connection { raw, texts: HashMap::new() };
        // No memory map: every reader would drop and fault in its own again after each commit.
        connection.batch(
            "PRAGMA cache_size = -4096; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
        )?;
        Ok(connection)
    }

    pub fn migrate(&mut self, migrations: &[Migration]) -> Result<(), StoreError> {
        self.batch(migrate::TABLE)?;
        let tx = self.raw.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(fault)?;
        let applied = tx
            .prepare("SELECT version, checksum FROM schema_migrations")
            .and_then(|mut all| {
                all.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()
            })
            .map_err(fault)?;
        for migration in migrate::pending(migrations, &applied)? {
            let text = migration.for_engine(EngineKind::Sqlite)?;
            let note = "INSERT INTO schema_migrations (version, checksum) VALUES (?1, ?2)";
            tx.execute_batch(&text)
                .and_then(|()| tx.execute(note, (migration.version, migration.checksum())))
                .map_err(|error| migration.failed(error))?;
        }
        tx.commit().map_err(fault)
    }

    /// Runs statements of our own that take no arguments.
    pub fn batch(&self, text: &str) -> Result<(), StoreError> {
        self.raw.execute_batch(text).map_err(fault)
    }

    /// One statement of our own that takes no arguments and is run again and again.
    pub fn command(&self, text: &'static str) -> Result<(), StoreError> {
        self.raw.prepare_cached(text).and_then(|mut command| command.raw_execute()).map(|_| ()).map_err(fault)
    }

    /// False while a transaction is open; some errors end it by themselves.
    pub fn is_autocommit(&self) -> bool {
        self.raw.is_autocommit()
    }

    /// Rows that were ever changed through this connection, by statements that did not fail.
    pub fn total_changes(&self) -> u64 {
        self.raw.total_changes()
    }

    pub fn raw(&self) -> &rusqlite::Connection {
        &self.raw
    }

    /// Brings everything into the one file and lets it go.
    pub fn close(self) -> Result<(), StoreError> {
        self.empty_log()?;
        self.batch("PRAGMA journal_mode = DELETE;")?;
        self.raw.close().map_err(|(_, error)| fault(error))
    }

    /// Runs one statement and collects its rows: all, or the first only.
    pub fn run(&mut self, query: &Query, first_row_only: bool) -> Result<Outcome, StoreError> {
        self.with(query, |statement| execute(statement, first_row_only))
    }

    /// The same for rows of texts and bytes, all of them.
    pub fn packed(&mut self, query: &Query) -> Result<Packed, StoreError> {
        self.with(query, pack)
    }

    fn with<T>(
        &mut self,
        query: &Query,
        run: impl FnOnce(&mut Statement) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        let text = query.sql.text(EngineKind::Sqlite);
        let Connection { raw, texts } = self;
        let translated = match texts.get(&cache_key(text)) {
            Some(known) => known,
            None => {
                let translated = translate(text, EngineKind::Sqlite)?;
                texts.entry(cache_key(text)).or_insert(translated)
            }
        };
        let mut statement = raw.prepare_cached(translated).map_err(|e| fault(e).in_statement(text))?;
        bind(&mut statement, query, text)?;
        run(&mut statement).map_err(|e| fault(e).in_statement(text))
    }
}

fn synchronous(options: &Options) -> &'static str {
    if options.durable { "FULL" } else { "OFF" }
}

fn bind(statement: &mut Statement, query: &Query, text: &'static str) -> Result<(), StoreError> {
    let wanted = statement.parameter_count();
    if wanted != query.args.len() {
        return Err(StoreError::Arguments { statement: text, wanted, given: query.args.len() });
    }
    for (place, value) in (1..).zip(&query.args) {
        if matches!(value, Value::Text(text) if text.contains('\0')) {
            return Err(StoreError::Nul);
        }
        statement.raw_bind_parameter(place, value).map_err(|error| fault(error).in_statement(text))?;
    }
    Ok(())
}

fn execute(statement: &mut Statement, first_row_only: bool) -> Result<Outcome, Error> {
    let columns = statement.column_count();
    if columns == 0 {
        let changed = statement.raw_execute()?;
        return Ok(Outcome { rows: Vec::new(), changed: changed as u64 });
    }
    let mut rows = Vec::new();
    let mut answer = statement.raw_query();
    while let Some(row) = answer.next()? {
        rows.push(read_row(row, columns)?);
        if first_row_only {
            break;
        }
    }
    let changed = rows.len() as u64;
    Ok(Outcome { rows, changed })
}

fn pack(statement: &mut Statement) -> Result<Packed, Error> {
    let columns = statement.column_count();
    let mut packed = Packed::new(columns);
    let mut answer = statement.raw_query();
    while let Some(row) = answer.next()? {
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => packed.push(bytes),
                ValueRef::Null => packed.push(&[]),
                found => return Err(Error::InvalidColumnType(column, "a number".into(), found.data_type())),
            }
        }
    }
    Ok(packed)
}

pub(crate) fn read_row(row: &rusqlite::Row, columns: usize) -> Result<Row, Error> {
    let mut values = Vec::with_capacity(columns);
    for column in 0..columns {
        values.push(match row.get_ref(column)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(n) => Value::Int(n),
            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
            ValueRef::Real(_) => {
                return Err(Error::InvalidColumnType(column, "a fraction".into(), Type::Real));
            }
        });
    }
    Ok(Row(values))
}

impl ToSql for Value {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, Error> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(n) => ValueRef::Integer(*n),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Names what SQLite reports in the words of both engines. Its messages never contain values.
pub(crate) fn fault(error: Error) -> StoreError {
    let fault = match &error {
        Error::SqliteFailure(detail, _) => match (detail.code, detail.extended_code) {
            (_, rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
                Fault::Unique
            }
            (ErrorCode::ConstraintViolation, _) => Fault::Constraint,
            (ErrorCode::DiskFull, _) => Fault::Full,
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Fault::Busy,
            (ErrorCode::CannotOpen | ErrorCode::SystemIoFailure, _) => Fault::Unavailable,
            _ => Fault::Other,
        },
        _ => Fault::Other,
    };
    StoreError::Engine { fault, message: error.to_string(), statement: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args, query};
    use rusqlite::StatementStatus;

    #[test]
    fn statements_are_prepared_once() {
        const TEXT: &str = "SELECT name FROM people WHERE place = ?1 AND name > ?2 ORDER BY name LIMIT ?3";
        let mut connection = Connection::open(Path::new(":memory:"), OpenFlags::default()).unwrap();
        let table = "CREATE TABLE people (name TEXT, place TEXT); CREATE INDEX here ON people (name) WHERE place = '';";
        connection.batch(table).unwrap();
        for limit in 1_i64..20 {
            connection.run(&query(TEXT, args!["", "a", limit]), false).unwrap();
        }
        let statement = connection.raw.prepare_cached(TEXT).unwrap();
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        assert!(statement.get_status(StatementStatus::Run) >= 19, "it is the same statement");
    }
}
