//! `landbridge backup`: a consistent copy of a running server.

use anyhow::{Context, bail};
use clap::Args;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::assemble::House;
use crate::cli::Global;
use crate::instance::{Use, make_private_dir, write_private_file};
use crate::observe;

/// The database's name in a backup, whichever engine it is from.
pub const DATABASE: &str = "database.sqlite";

/// Copy everything into a folder, while the server runs.
///
/// The folder holds the database (one file, from SQLite and PostgreSQL alike), the media files and the configuration.
/// Used again, it is brought up to date: files that are there already are not copied again, and what was deleted here
/// is deleted there.
///
/// The root key is not in it, so that a stolen backup opens nothing private: keep the recovery sheet elsewhere.
#[derive(Args)]
pub struct Backup {
    /// Where to; made when it is not there.
    folder: PathBuf,
}

impl Backup {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        let config = global.load()?;
        observe::logs::start(&config.log)?;
        let inside = |dir: &Path| {
            std::path::absolute(&self.folder)
                .ok()?
                .strip_prefix(std::path::absolute(dir).ok()?)
                .ok()
                .map(drop)
        };
        if inside(&config.data_dir).is_some() {
            bail!(
                "a backup inside the data folder is lost together with it: choose another place, best another disk"
            );
        }
        super::block_on(async {
            let house = House::open(&config, Use::Command).await?;
            make_private_dir(&self.folder)?;
            // The database first: every file that it names is on disk before the row that names it.
            house.hub.store().backup(&self.folder.join(DATABASE)).await?;
            house.hub.store().clone().close().await;
            let (copied, removed) = mirror(&config.data_dir.join("media"), &self.folder.join("media"))?;
            for name in ["identity.json", "landbridge.toml"] {
                match fs::read(config.data_dir.join(name)) {
                    Ok(bytes) => write_private_file(&self.folder.join(name), &bytes)?,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error).with_context(|| name.to_owned()),
                }
            }
            println!("Backed up into {} ({copied} files copied, {removed} removed).", self.folder.display());
            println!("Not in it: the root key. Keep it elsewhere: landbridge account recovery-sheet");
            Ok(())
        })
    }
}

/// Makes `to` hold the files that `from` holds. A file's name says its content, so one that is there is the same.
/// Returns how many were copied and how many removed.
pub fn mirror(from: &Path, to: &Path) -> anyhow::Result<(usize, usize)> {
    make_private_dir(to)?;
    let (here, there) = (entries(from)?, entries(to)?);
    let (mut copied, mut removed) = (0, 0);
    for (name, is_dir) in &here {
        let (source, target) = (from.join(name), to.join(name));
        if *is_dir {
            let (more, fewer) = mirror(&source, &target)?;
            (copied, removed) = (copied + more, removed + fewer);
        } else if !there.contains(&(name.clone(), false)) {
            copy(&source, &target, &mut copied)?;
        }
    }
    for (name, is_dir) in there.difference(&here) {
        let gone = to.join(name);
        let done = if *is_dir { fs::remove_dir_all(&gone) } else { fs::remove_file(&gone) };
        done.with_context(|| format!("cannot remove {}", gone.display()))?;
        removed += 1;
    }
    Ok((copied, removed))
}

/// Copies whole or not at all. A file that was deleted since it was listed is nothing to copy.
fn copy(from: &Path, to: &Path, copied: &mut usize) -> anyhow::Result<()> {
    let part = to.with_extension("part");
    match fs::copy(from, &part) {
        Ok(_) => *copied += 1,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("cannot copy {}", from.display())),
    }
    fs::File::open(&part)?.sync_all()?;
    Ok(fs::rename(&part, to)?)
}

fn entries(dir: &Path) -> anyhow::Result<HashSet<(OsString, bool)>> {
    let listed = match fs::read_dir(dir) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashSet::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", dir.display())),
    };
    listed
        .map(|entry| {
            entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?.is_dir()))).map_err(Into::into)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_follows_its_source() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("ab")).unwrap();
        fs::write(from.join("ab/one"), "1").unwrap();
        fs::write(from.join("two"), "2").unwrap();
        assert_eq!(mirror(&from, &to).unwrap(), (2, 0));
        assert_eq!(mirror(&from, &to).unwrap(), (0, 0));
        assert_eq!(fs::read_to_string(to.join("ab/one")).unwrap(), "1");
        fs::remove_dir_all(from.join("ab")).unwrap();
        assert_eq!(mirror(&from, &to).unwrap(), (0, 1));
        assert!(!to.join("ab").exists() && to.join("two").exists());
        assert_eq!(mirror(&folder.path().join("none"), &to).unwrap(), (0, 1));
    }
}
