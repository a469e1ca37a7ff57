//! How much room is left: a full disk refuses a write before it is acknowledged, and before the file system is so full
//! that nothing else works.

use std::path::{Path, PathBuf};

/// Watches the file system that holds the database. One look costs about a microsecond and is taken once per commit.
pub(super) struct Disk {
    folder: PathBuf,
    /// Bytes that are left to the rest of the system.
    reserve: u64,
}

impl Disk {
    pub fn new(database: &Path, reserve: u64) -> Disk {
        let folder = match database.parent() {
            Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
            Some(parent) => parent,
            None => Path::new("/"),
        };
        Disk { folder: folder.to_owned(), reserve }
    }

    /// False when less than the reserve is left. A file system that does not tell counts as having room: then the
    /// write itself fails when there is none.
    pub fn has_room(&self) -> bool {
        match rustix::fs::statvfs(&self.folder) {
            Ok(fs) => fs.f_bavail.saturating_mul(fs.f_frsize) >= self.reserve,
            Err(error) => {
                tracing::warn!(%error, "cannot tell how much room the disk has left");
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_decides() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("db");
        assert!(Disk::new(&database, 1).has_room());
        assert!(!Disk::new(&database, u64::MAX).has_room());
    }
}
