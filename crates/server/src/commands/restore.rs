//! `landbridge restore`: a backup becomes a server again.

use anyhow::{Context, bail};
use clap::Args;
use landbridge_store::ErasureJournal;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::backup::{CONFIGURATION, DATABASE, earlier, mirror};
use crate::assemble::{House, JOURNAL, database_url};
use crate::cli::Global;
use crate::config::Config;
use crate::instance::identity::Identity;
use crate::instance::root_key::RootKey;
use crate::instance::{Use, is_running, make_private_dir, write_private_file};
use crate::observe;

/// Bring a backup back, into the configured database (SQLite or PostgreSQL, whichever it was taken from).
///
/// Needs the root key: put root.key back into the data folder first, or type the recovery sheet's four lines into it.
/// Without a configuration file, the one in the backup is used, and kept in the data folder (--data-dir says where).
///
/// An SQLite database that is there is put aside, not deleted; one on PostgreSQL must be empty. People who were erased
/// and private messages that were deleted after the backup was taken go again, by the journal in the data folder; when
/// that is lost, by the newest one in the folder of backups, or by a copy given with --erasures.
#[derive(Args)]
pub struct Restore {
    /// The folder that `landbridge backup` filled.
    folder: PathBuf,
    /// A copy of erasures.journal, when the data folder has none.
    #[arg(long, value_name = "FILE")]
    erasures: Option<PathBuf>,
}

impl Restore {
    pub fn run(self, global: &Global) -> anyhow::Result<()> {
        let identity = self.identity()?;
        let its_own = self.folder.join(CONFIGURATION);
        let (config, kept) = match global.file() {
            None if its_own.is_file() => (global.load_from(Some(its_own.clone()))?, Some(its_own)),
            file => (global.load_from(file)?, None),
        };
        observe::logs::start(&config.log)?;
        if is_running(&config.data_dir) {
            bail!("a server runs on {}: stop it first", config.data_dir.display());
        }
        make_private_dir(&config.data_dir)?;
        match Identity::read(&config.data_dir)? {
            Some(here) if here.origin != identity.origin => bail!(
                "{} is of {}, and the backup of {}: they do not belong together. Choose another --data-dir",
                config.data_dir.display(),
                here.origin,
                identity.origin
            ),
            Some(_) => {}
            None if config.origin.is_none() && !identity.is_trial() => bail!(
                "the backup is of {}, but no `origin` is configured. Put the backup's configuration, {}, in the place \
                 of {}, look it over and repeat this",
                identity.origin,
                self.folder.join(CONFIGURATION).display(),
                global.file().unwrap_or_default().display()
            ),
            None => identity.check_unchanged(&config)?,
        }
        let key = config.root_key_file.clone().unwrap_or_else(|| config.data_dir.join("root.key"));
        let (key, _) = RootKey::open(&key, false)?;
        self.bring_journal(&config.data_dir)?;
        super::block_on(restore(&self.folder, &config, &identity, &key))?;
        if let Some(kept) = kept {
            let here = config.data_dir.join(CONFIGURATION);
            write_private_file(&here, &fs::read(&kept)?).with_context(|| here.display().to_string())?;
            println!(
                "Its configuration is in {}. Look it over, then start the server:\n\n    landbridge up --data-dir {}",
                here.display(),
                config.data_dir.display()
            );
        }
        Ok(())
    }

    fn identity(&self) -> anyhow::Result<Identity> {
        let folder = self.folder.display();
        match (Identity::read(&self.folder)?, earlier(&self.folder)?.last()) {
            (Some(identity), _) => Ok(identity),
            (None, Some(newest)) => {
                bail!("{folder} holds several backups: choose one, the newest is {}", newest.display())
            }
            (None, None) => bail!("{folder} is no backup: it has no identity.json"),
        }
    }

    /// Sees that the data folder has the journal of erasures: its own, the one given, or the newest of the backups.
    fn bring_journal(&self, data_dir: &Path) -> anyhow::Result<()> {
        let here = data_dir.join(JOURNAL);
        if let Some(copy) = &self.erasures {
            fs::copy(copy, &here).with_context(|| copy.display().to_string())?;
            return Ok(());
        }
        if here.exists() {
            return Ok(());
        }
        let beside =
            std::path::absolute(&self.folder)?.parent().map(earlier).transpose()?.unwrap_or_default();
        let mut newest_first = beside.iter().rev().chain([&self.folder]).map(|folder| folder.join(JOURNAL));
        if let Some(newest) = newest_first.find(|journal| journal.is_file()) {
            fs::copy(&newest, &here).with_context(|| newest.display().to_string())?;
        }
        Ok(())
    }
}

async fn restore(folder: &Path, config: &Config, identity: &Identity, key: &RootKey) -> anyhow::Result<()> {
    let backup = folder.join(DATABASE);
    if !landbridge_hub::root_key_fits_backup(&backup, &key.bytes())
        .await
        .context("the backup cannot be read")?
    {
        bail!(
            "the root key is not the one that this backup was sealed with, so nothing private in it could be read. Put \
             the root.key of {} into {}, or type the four lines of its recovery sheet into it. Nothing was changed",
            identity.origin,
            config.data_dir.display()
        );
    }
    let url = database_url(config);
    let aside = match url.strip_prefix("sqlite:") {
        Some(path) => put_aside(Path::new(path.strip_prefix("//").unwrap_or(path)))?,
        None => Vec::new(),
    };
    let journal = ErasureJournal::new(&config.data_dir.join(JOURNAL));
    let restored = match landbridge_store::restore(&backup, &url, &journal).await {
        Ok(restored) => restored,
        Err(error) => {
            for (from, to) in aside {
                fs::rename(&to, &from).with_context(|| format!("cannot bring {} back", to.display()))?;
            }
            return Err(error).context("nothing was changed");
        }
    };
    if let Some((from, to)) = aside.first() {
        println!("The database that was here, {}, is now {}", from.display(), to.display());
    }
    mirror(&folder.join("media"), &config.data_dir.join("media"), None)?;
    identity.write(&config.data_dir)?;
    let house = House::open(config, Use::Command).await.context("the restored server does not open")?;
    let erased = house
        .hub
        .erase_again()
        .await
        .context("people and messages could not be erased again: do not start this server")?;
    if restored.rebuild_search {
        let posts = house.hub.rebuild_search().await.context("the search index could not be built again")?;
        println!("The search index was built again ({posts} posts).");
    }
    house.after_restore().await.context("the AT Protocol stream could not be moved ahead")?;
    house.hub.store().clone().close().await;
    if erased > 0 {
        println!("Erased again, as after this backup was taken: {erased} (people and private messages).");
    }
    println!("Restored {} into {}.", identity.origin, config.data_dir.display());
    Ok(())
}

/// The database that is there keeps its content under another name. Gives what was moved: from where, to where.
fn put_aside(database: &Path) -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut moved = Vec::new();
    for end in ["", "-wal", "-shm"] {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        let mut aside = database.as_os_str().to_owned();
        aside.push(format!("-before-restore-{now}{end}"));
        match fs::rename(&name, &aside) {
            Ok(()) => moved.push((name.into(), aside.into())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot move {} aside", database.display()));
            }
        }
    }
    Ok(moved)
}
