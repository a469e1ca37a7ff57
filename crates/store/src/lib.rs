//! One schema, two engines: SQLite in a local file, or PostgreSQL.
//!
//! Reads are [`Query`] values; writes are [`Write`] values: preconditions and changes, applied in order, all or nothing,
//! and answered when they are durable. Statements are plain SQL in a dialect that both engines understand ([`Sql`]).

mod archive;
pub mod entities;
mod erasure;
mod error;
mod migrate;
mod model_values;
mod packed;
mod postgres;
mod schema;
pub mod sequence;
mod sqlite;
mod statement;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod value;
mod write;

pub use archive::{Restored, ask_backup, restore, restore_with};
pub use erasure::{Erased, Erasure, ErasureJournal};
pub use error::{Fault, StoreError, WriteError};
pub use migrate::Migration;
pub use packed::Packed;
pub use schema::MIGRATIONS;
pub use statement::{EngineKind, Query, Sql, query};
pub use store::{Moment, Options, Store};
pub use value::{FromValue, Row, Value};
pub use write::{Change, Expect, STALE, Write, Written};
