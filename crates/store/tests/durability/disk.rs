//! A disk that forgets what was not synced: a folder whose files are written through `unsynced.c`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// The compiled `unsynced.c`.
pub struct Shim {
    folder: TempDir,
}

impl Shim {
    pub fn build() -> Shim {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/durability/unsynced.c");
        let status = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .arg(folder.path().join("unsynced.so"))
            .arg(source)
            .args(["-ldl", "-lpthread"])
            .status()
            .expect("a C compiler, as SQLite itself needs");
        assert!(status.success());
        Shim { folder }
    }
}

pub struct Disk<'a> {
    shim: &'a Shim,
    /// Writes of a hundred that reach the disk early, out of order and in part.
    leak: u32,
    /// What the process sees.
    seen: TempDir,
    /// What survives.
    durable: TempDir,
}

impl Disk<'_> {
    pub fn new(shim: &Shim, leak: u32) -> Disk<'_> {
        Disk { shim, leak, seen: tempfile::tempdir().unwrap(), durable: tempfile::tempdir().unwrap() }
    }

    /// The child that writes, on this disk.
    pub fn child(&self, durable: bool) -> Command {
        let url = format!("sqlite:{}", self.seen.path().join("test.db").display());
        let mut command = super::child(&url, 0, durable);
        command
            .env("LD_PRELOAD", self.shim.folder.path().join("unsynced.so"))
            .env("UNSYNCED_SEEN", self.seen.path())
            .env("UNSYNCED_DURABLE", self.durable.path())
            .env("UNSYNCED_LEAK", self.leak.to_string());
        command
    }

    /// The database as the power cut left it.
    pub fn survivors(&self) -> PathBuf {
        self.durable.path().join("test.db")
    }
}
