//! Backups: one portable SQLite file, whichever engine it is taken from or restored into. So a backup is also the way
//! from one engine to the other.
//!
//! What only one engine has (a search index) does not travel between engines: [`Restored::rebuild_search`].

mod backup;
mod restore;
mod tables;

pub(crate) use backup::{from_postgres, from_sqlite};
pub use restore::{Restored, restore, restore_with};

use crate::{Query, Row, StoreError, sqlite::Connection};
use std::{
    fs::File,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// The `user_version` of a file that was not filled by SQLite itself and so holds no search index.
const NO_SEARCH: i64 = 1;

/// The first row of a question to a backup, which stays as it is.
pub async fn ask_backup(backup: &Path, query: Query) -> Result<Option<Row>, StoreError> {
    let backup = backup.to_owned();
    blocking(move || Ok(Connection::reader(&backup)?.run(&query, true)?.rows.into_iter().next())).await
}

/// Runs work that waits for the disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::file("archive", error))?
}

/// The name a file has while it is not complete.
fn partial(dest: &Path) -> PathBuf {
    let mut name = dest.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::file(path.display(), error)),
        _ => Ok(()),
    }
}

/// Gives a finished file its name: all of it is on disk before.
fn settle(partial: &Path, dest: &Path) -> Result<(), StoreError> {
    let folder = dest.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(partial, dest))
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| StoreError::file(dest.display(), error))
}
