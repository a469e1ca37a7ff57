//! The tables that both engines have, and moving rows in and out of the file.

use crate::{
    Row, StoreError,
    sqlite::{fault, read_row},
};
use rusqlite::{Connection, params_from_iter};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Rows that travel together, at most; wire originals make rows large, so not many.
const CHUNK: usize = 128;

#[derive(Debug)]
pub(super) struct Table {
    /// Quoted.
    pub name: String,
    /// Quoted, with commas.
    pub columns: String,
    width: usize,
}

/// Some rows of a table.
pub(super) type Chunk = (Arc<Table>, Vec<Row>);

/// Every ordinary table. Virtual tables (search) and what belongs to them are the engine's own affair.
pub(super) fn list(connection: &Connection) -> Result<Vec<Arc<Table>>, StoreError> {
    let ordinary = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
        AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'schema_migrations' ORDER BY name";
    let mut tables = Vec::new();
    for name in texts(connection, ordinary, "")? {
        let columns = texts(
            connection,
            "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid",
            &name,
        )?;
        let width = columns.len();
        let columns = columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ");
        tables.push(Arc::new(Table { name: quoted(&name), columns, width }));
    }
    Ok(tables)
}

fn texts(connection: &Connection, sql: &str, argument: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare(sql).map_err(fault)?;
    let arguments = (!argument.is_empty()).then_some(argument);
    let rows = statement.query_map(params_from_iter(arguments), |row| row.get(0)).map_err(fault)?;
    rows.collect::<Result<_, _>>().map_err(fault)
}

pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Sends every row of every table. Stops without an error when nobody takes them any more.
pub(super) fn read_all(
    connection: &Connection,
    tables: &[Arc<Table>],
    out: &mpsc::Sender<Chunk>,
) -> Result<(), StoreError> {
    for table in tables {
        let sql = format!("SELECT {} FROM {}", table.columns, table.name);
        let mut statement = connection.prepare(&sql).map_err(fault)?;
        let mut rows = statement.query(()).map_err(fault)?;
        let mut chunk = Vec::with_capacity(CHUNK);
        while let Some(row) = rows.next().map_err(fault)? {
            chunk.push(read_row(row, table.width).map_err(fault)?);
            if chunk.len() == CHUNK && out.blocking_send((table.clone(), std::mem::take(&mut chunk))).is_err()
            {
                return Ok(());
            }
        }
        if !chunk.is_empty() && out.blocking_send((table.clone(), chunk)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Collects rows into chunks on their way out of PostgreSQL.
pub(super) struct Sender<'a> {
    pub table: Arc<Table>,
    pub out: &'a mpsc::Sender<Chunk>,
    pub chunk: Vec<Row>,
}

impl Sender<'_> {
    pub async fn push(&mut self, row: Row) -> Result<(), StoreError> {
        self.chunk.push(row);
        if self.chunk.len() < CHUNK { Ok(()) } else { self.flush().await }
    }

    pub async fn flush(&mut self) -> Result<(), StoreError> {
        let chunk = (self.table.clone(), std::mem::take(&mut self.chunk));
        self.out.send(chunk).await.map_err(|_| StoreError::Closed)
    }
}

pub(super) fn insert(connection: &Connection, (table, rows): Chunk) -> Result<(), StoreError> {
    let places = vec!["?"; table.width].join(", ");
    let sql = format!("INSERT INTO {} ({}) VALUES ({places})", table.name, table.columns);
    let mut statement = connection.prepare_cached(&sql).map_err(fault)?;
    for row in rows {
        statement.execute(params_from_iter(&row.0)).map_err(fault)?;
    }
    Ok(())
}
