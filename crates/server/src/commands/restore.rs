//! `landbridge restore`: a backup becomes a server again.

use anyhow::{Context, bail};
use clap::Args;
use landbridge_store::ErasureJournal;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::backup::{DATABASE, mirror};
use crate::assemble::{House, JOURNAL, database_url};
use crate::cli::Global;
use crate::config::Config;
use crate::instance::identity::Identity;
use crate::instance::root_key::RootKey;
use crate::instance::{Use, is_running, make_private_dir};
use crate::observe;

/// Bring a backup back, into the configured database (SQLite or PostgreSQL, whichever it was taken from).
///
/// Needs the root key: put root.key back into the data folder first, or type the recovery sheet's four lines into it.
/// A database that is there is put aside, not deleted. People who were erased after the backup was taken are erased
/// again, by the journal in the data folder; when that is lost too, give a kept copy with --erasures.
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
        let config = global.load()?;
        observe::logs::start(&config.log)?;
        if is_running(&config.data_dir) {
            bail!("a server runs on {}: stop it first", config.data_dir.display());
        }
        let identity = Identity::read(&self.folder)?
            .with_context(|| format!("{} is no backup: it has no identity.json", self.folder.display()))?;
        make_private_dir(&config.data_dir)?;
        match Identity::read(&config.data_dir)? {
            Some(here) if here.origin != identity.origin => bail!(
                "{} is of {}, and the backup of {}: they do not belong together",
                config.data_dir.display(),
                here.origin,
                identity.origin
            ),
            Some(_) => {}
            None => identity.check_unchanged(&config)?,
        }
        let key = config.root_key_file.clone().unwrap_or_else(|| config.data_dir.join("root.key"));
        RootKey::open(&key, false)?;
        if let Some(copy) = &self.erasures {
            fs::copy(copy, config.data_dir.join(JOURNAL)).with_context(|| copy.display().to_string())?;
        }
        super::block_on(restore(&self.folder, &config, &identity))
    }
}

async fn restore(folder: &Path, config: &Config, identity: &Identity) -> anyhow::Result<()> {
    let url = database_url(config);
    if let Some(path) = url.strip_prefix("sqlite:") {
        put_aside(Path::new(path.strip_prefix("//").unwrap_or(path)))?;
    }
    let journal = ErasureJournal::new(&config.data_dir.join(JOURNAL));
    let restored = landbridge_store::restore(&folder.join(DATABASE), &url, &journal).await?;
    mirror(&folder.join("media"), &config.data_dir.join("media"))?;
    identity.write(&config.data_dir)?;
    let house = House::open(config, Use::Command).await.context("the restored server does not open")?;
    let erased = house
        .hub
        .erase_again()
        .await
        .context("people could not be erased again: do not start this server")?;
    if restored.rebuild_search {
        let posts = house.hub.rebuild_search().await.context("the search index could not be built again")?;
        println!("The search index was built again ({posts} posts).");
    }
    house.hub.store().clone().close().await;
    if erased > 0 {
        println!("Erased again, as after this backup was taken: {erased}.");
    }
    println!("Restored {} into {}.", identity.origin, config.data_dir.display());
    Ok(())
}

/// The database that is there keeps its content under another name.
fn put_aside(database: &Path) -> anyhow::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    for end in ["", "-wal", "-shm"] {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        let mut aside = database.as_os_str().to_owned();
        aside.push(format!("-before-restore-{now}{end}"));
        match fs::rename(&name, &aside) {
            Ok(()) if end.is_empty() => {
                println!("The database that was here is now {}", Path::new(&aside).display())
            }
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot move {} aside", database.display()));
            }
        }
    }
    Ok(())
}
