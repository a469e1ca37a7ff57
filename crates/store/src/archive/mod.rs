//! Backups: one portable SQLite file, whichever engine it is taken from or restored into.

mod backup;

pub(crate) use backup::{from_postgres, from_sqlite};
