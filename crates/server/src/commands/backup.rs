//! `landbridge backup`: a consistent copy of a running server.

use anyhow::{Context, bail};
use clap::Args;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::assemble::{House, JOURNAL};
use crate::cli::Global;
use crate::config::Config;
use crate::instance::{Use, make_private_dir, write_private_file};
use crate::observe;

/// The database's name in a backup, whichever engine it is from.
pub const DATABASE: &str = "database.sqlite";
/// The configuration's name in a data folder and in a backup.
pub const CONFIGURATION: &str = "landbridge.toml";
/// How a backup among several is named: by the time (UTC) at which it was begun.
const NAME: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]-[minute]-[second]Z");
const UNFINISHED: &str = ".unfinished";
/// A backup that is not finished after so long never will be.
const BROKEN_OFF: time::Duration = time::Duration::days(1);

/// Copy everything into a folder, while the server runs.
///
/// The folder holds the database (one file, from SQLite and PostgreSQL alike), the media files, the configuration and
/// the journal of erasures. Used again, it is brought up to date: files that are there already are not copied again,
/// and what was deleted here is deleted there. With --keep, each backup gets a folder of its own in it, named by the
/// time; unchanged media files are shared between them and take room only once.
///
/// The root key is not in it, so that a stolen backup opens nothing private: keep the recovery sheet elsewhere.
#[derive(Args)]
pub struct Backup {
    /// Where to; made when it is not there.
    folder: PathBuf,
    /// Keep so many backups in the folder, each in a folder of its own, and delete older ones.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
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
        let file = global.file();
        super::block_on(async {
            let house = House::open(&config, Use::Command).await?;
            let (folder, counts) = match self.keep {
                None => {
                    (self.folder.clone(), fill(&house, &config, file.as_deref(), &self.folder, None).await?)
                }
                Some(number) => {
                    one_more(&house, &config, file.as_deref(), &self.folder, number.into()).await?
                }
            };
            house.hub.store().clone().close().await;
            println!(
                "Backed up into {} ({} files copied, {} removed).",
                folder.display(),
                counts.0,
                counts.1
            );
            println!("Not in it: the root key. Keep it elsewhere: landbridge account recovery-sheet");
            Ok(())
        })
    }
}

/// Makes a backup in a folder of its own beside the earlier ones, and then deletes all but the latest `number`.
async fn one_more(
    house: &House,
    config: &Config,
    file: Option<&Path>,
    folder: &Path,
    number: usize,
) -> anyhow::Result<(PathBuf, (usize, usize))> {
    make_private_dir(folder)?;
    let now = OffsetDateTime::now_utc();
    for old in broken_off(folder, now - BROKEN_OFF)? {
        fs::remove_dir_all(&old).with_context(|| format!("cannot remove {}", old.display()))?;
    }
    let name = now.format(NAME)?;
    let (target, unfinished) = (folder.join(&name), folder.join(format!("{name}{UNFINISHED}")));
    let counts =
        fill(house, config, file, &unfinished, earlier(folder)?.last().map(PathBuf::as_path)).await?;
    // Only a whole backup gets a name that counts as one.
    fs::rename(&unfinished, &target).with_context(|| target.display().to_string())?;
    fs::File::open(folder)?.sync_all()?;
    let all = earlier(folder)?;
    for old in all.iter().take(all.len().saturating_sub(number)) {
        fs::remove_dir_all(old).with_context(|| format!("cannot remove {}", old.display()))?;
    }
    Ok((target, counts))
}

/// The backups in a folder that holds several, oldest first.
pub fn earlier(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let named =
        |name: &OsString| name.to_str().is_some_and(|name| PrimitiveDateTime::parse(name, NAME).is_ok());
    let mut names =
        entries(folder)?.into_iter().filter(|(name, is_dir)| *is_dir && named(name)).collect::<Vec<_>>();
    names.sort();
    Ok(names.into_iter().map(|(name, _)| folder.join(name)).collect())
}

/// What is left of backups that were begun before a moment and never finished.
fn broken_off(folder: &Path, before: OffsetDateTime) -> anyhow::Result<Vec<PathBuf>> {
    let begun = |name: &OsString| {
        let name = name.to_str()?.strip_suffix(UNFINISHED)?;
        Some(PrimitiveDateTime::parse(name, NAME).ok()?.assume_utc())
    };
    let left = entries(folder)?
        .into_iter()
        .filter(|(name, is_dir)| *is_dir && begun(name).is_some_and(|begun| begun < before));
    Ok(left.map(|(name, _)| folder.join(name)).collect())
}

/// Fills one folder. Media files that are in `shared`, an earlier backup, are linked from there.
async fn fill(
    house: &House,
    config: &Config,
    file: Option<&Path>,
    folder: &Path,
    shared: Option<&Path>,
) -> anyhow::Result<(usize, usize)> {
    make_private_dir(folder)?;
    // The database first: every file that it names is on disk before the row that names it.
    house.hub.store().backup(&folder.join(DATABASE)).await?;
    let shared = shared.map(|earlier| earlier.join("media"));
    let counts = mirror(&config.data_dir.join("media"), &folder.join("media"), shared.as_deref())?;
    let in_data = |name: &str| config.data_dir.join(name);
    let configuration = file.map_or_else(|| in_data(CONFIGURATION), Path::to_owned);
    for (from, name) in [
        (in_data("identity.json"), "identity.json"),
        (configuration, CONFIGURATION),
        (in_data(JOURNAL), JOURNAL),
    ] {
        match fs::read(&from) {
            Ok(bytes) => write_private_file(&folder.join(name), &bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| from.display().to_string()),
        }
    }
    Ok(counts)
}

/// Makes `to` hold the files that `from` holds. A file's name says its content, so one that is there is the same, and
/// so is one in `shared`. Returns how many were copied and how many removed.
pub fn mirror(from: &Path, to: &Path, shared: Option<&Path>) -> anyhow::Result<(usize, usize)> {
    make_private_dir(to)?;
    let (here, there) = (entries(from)?, entries(to)?);
    let (mut copied, mut removed) = (0, 0);
    for (name, is_dir) in &here {
        let (source, target) = (from.join(name), to.join(name));
        let shared = shared.map(|shared| shared.join(name));
        if *is_dir {
            let (more, fewer) = mirror(&source, &target, shared.as_deref())?;
            (copied, removed) = (copied + more, removed + fewer);
        } else if !there.contains(&(name.clone(), false))
            && shared.is_none_or(|shared| fs::hard_link(shared, &target).is_err())
        {
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
    let all = listed.map(|entry| {
        entry
            .and_then(|entry| Ok((entry.file_name(), entry.file_type()?.is_dir())))
            .map_err(anyhow::Error::from)
    });
    // Pictures of others that can be fetched again.
    all.filter(|entry| !matches!(entry, Ok((name, true)) if name == "cache")).collect()
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
        assert_eq!(mirror(&from, &to, None).unwrap(), (2, 0));
        assert_eq!(mirror(&from, &to, None).unwrap(), (0, 0));
        assert_eq!(fs::read_to_string(to.join("ab/one")).unwrap(), "1");
        fs::remove_dir_all(from.join("ab")).unwrap();
        assert_eq!(mirror(&from, &to, None).unwrap(), (0, 1));
        assert!(!to.join("ab").exists() && to.join("two").exists());
        assert_eq!(mirror(&folder.path().join("none"), &to, None).unwrap(), (0, 1));
    }

    #[test]
    fn an_earlier_backup_lends_its_files() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        fs::create_dir_all(place("from/ab")).unwrap();
        fs::write(place("from/ab/one"), "1").unwrap();
        mirror(&place("from"), &place("first"), None).unwrap();
        fs::write(place("from/ab/two"), "2").unwrap();
        assert_eq!(mirror(&place("from"), &place("second"), Some(&place("first"))).unwrap(), (1, 0));
        let number = |name: &str| fs::metadata(place(name)).unwrap().ino();
        assert_eq!(number("first/ab/one"), number("second/ab/one"));
        fs::remove_dir_all(place("first")).unwrap();
        assert_eq!(fs::read_to_string(place("second/ab/one")).unwrap(), "1");
    }

    #[test]
    fn only_whole_backups_count() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["2026-11-25T03-45-00Z", "2025-01-01T00-00-00Z", "2026-11-25T03-46-00Z.unfinished", "media"]
        {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let names = |all: Vec<PathBuf>| {
            all.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(earlier(folder.path()).unwrap()), ["2025-01-01T00-00-00Z", "2026-11-25T03-45-00Z"]);
        let left = |at| names(broken_off(folder.path(), at).unwrap());
        let begun = time::macros::datetime!(2026-11-25 03:46 UTC);
        assert_eq!(left(begun), [""; 0]);
        assert_eq!(left(begun + time::Duration::SECOND), ["2026-11-25T03-46-00Z.unfinished"]);
    }
}
