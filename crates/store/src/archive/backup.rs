//! Taking a backup.

use crate::{
    StoreError,
    postgres::Postgres,
    sqlite::{Connection, fault},
};
use std::{
    fs::File,
    path::{Path, PathBuf},
};

/// Copies a running database with SQLite's online backup, in one step: one snapshot, which holds up nobody.
pub(crate) async fn from_sqlite(database: &Path, dest: &Path) -> Result<(), StoreError> {
    let (database, dest) = (database.to_owned(), dest.to_owned());
    tokio::task::spawn_blocking(move || {
        let partial = partial(&dest);
        remove(&partial)?;
        let source = Connection::reader(&database)?;
        let mut target = rusqlite::Connection::open(&partial).map_err(fault)?;
        rusqlite::backup::Backup::new(source.raw(), &mut target).and_then(|b| b.step(-1)).map_err(fault)?;
        target.close().map_err(|(_, error)| fault(error))?;
        settle(&partial, &dest)
    })
    .await
    .map_err(|error| StoreError::file("backup", error))?
}

pub(crate) async fn from_postgres(_database: &Postgres, _dest: &Path) -> Result<(), StoreError> {
    Err(StoreError::Refused("not written yet"))
}

fn partial(dest: &Path) -> PathBuf {
    let mut name = dest.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::file(path.display(), error))
        }
        _ => Ok(()),
    }
}

/// Puts a finished file in its place: all of it is on disk before it gets its name.
fn settle(partial: &Path, dest: &Path) -> Result<(), StoreError> {
    let folder = dest.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(partial, dest))
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| StoreError::file(dest.display(), error))
}
