//! The data folder: who this server is ([`identity`]), the root key ([`root_key`]), and the lock that keeps two
//! servers from sharing one SQLite file.

pub mod identity;
pub mod root_key;

use anyhow::{Context, bail};
use identity::Identity;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::config::Config;
use root_key::RootKey;

/// An opened data folder. The server lock is held as long as this lives.
pub struct Instance {
    pub dir: PathBuf,
    pub identity: Identity,
    pub root_key: RootKey,
    /// Set when this very call made the root key: the sheet is due.
    pub fresh_root_key: bool,
    _lock: Option<File>,
}

/// What the caller is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The server itself: nobody else may be. Makes the folder at the first start.
    Serve,
    /// A command that may come before the first start.
    Prepare,
    /// A command beside a server that was started at least once.
    Command,
}

impl Instance {
    /// Opens the data folder.
    ///
    /// Errors when there is none yet (for a command), when a server already runs on it, when the configured origin is not the one it was made for, or when
    /// its root key is lost.
    pub fn open(config: &Config, purpose: Use) -> anyhow::Result<Self> {
        let dir = config.data_dir.clone();
        let existing = Identity::read(&dir)?;
        if existing.is_none() && purpose == Use::Command {
            bail!(
                "there is no server in {} yet. Say where it is with --data-dir FOLDER or --config FILE, or start one \
                 with `landbridge up`",
                dir.display()
            );
        }
        make_private_dir(&dir)?;
        let lock = match purpose {
            Use::Serve => Some(lock(&dir)?),
            Use::Prepare | Use::Command => None,
        };
        let (identity, first) = match existing {
            Some(identity) => {
                identity.check_unchanged(config)?;
                (identity, false)
            }
            None => (Identity::mint(config)?, true),
        };
        let path = config.root_key_file.clone().unwrap_or_else(|| dir.join("root.key"));
        let (root_key, fresh_root_key) = RootKey::open(&path, first)?;
        if first {
            identity.write(&dir).with_context(|| cannot_write(&dir))?;
        }
        Ok(Self { dir, identity, root_key, fresh_root_key, _lock: lock })
    }
}

/// Whether a server is running on this data folder now.
pub fn is_running(dir: &Path) -> bool {
    File::open(dir.join("server.lock"))
        .is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

fn lock(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join("server.lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| cannot_write(dir))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "a Landbridge server already runs on {}: stop that one first, or begin another with --data-dir FOLDER",
                dir.display()
            )
        }
        Err(TryLockError::Error(error)) => Err(error).context("cannot lock the data folder"),
    }
}

/// Makes a folder that only we may enter.
pub fn make_private_dir(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| {
            format!(
                "cannot make the folder {}: let this user write there, or choose another place with --data-dir FOLDER",
                dir.display()
            )
        })
}

fn cannot_write(dir: &Path) -> String {
    format!(
        "cannot write in {}: make room, let this user write there, or choose another place with --data-dir FOLDER",
        dir.display()
    )
}

/// Root could use anybody's data folder, but would leave files behind that the server's own user cannot read.
pub fn refuse_root_of_others(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let Ok(owner) = std::fs::metadata(dir).map(|meta| meta.uid()) else { return Ok(()) };
    if owner == 0 || !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    let user = user_name(owner).unwrap_or_else(|| format!("#{owner}"));
    bail!(
        "{} belongs to the user {user}: run this as that user, `sudo -u {user} landbridge ...`",
        dir.display()
    )
}

fn user_name(id: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    })
}

/// Writes a file only we may read, whole or not at all, and on disk before it returns.
pub fn write_private_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let part = path.with_extension("part");
    let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, path)?;
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => File::open(dir)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
