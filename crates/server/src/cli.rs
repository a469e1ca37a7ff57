//! The command line: what every command shares. Each command has a file of its own under `commands`.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

use crate::commands;
use crate::config::{self, Config};

/// One address, every open network: a server for ActivityPub and Nostr.
///
/// `landbridge up` starts a trial on this machine at once, with no configuration: nothing leaves it.
/// `landbridge golive DOMAIN` prepares the real thing.
#[derive(Parser)]
#[command(version, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Args)]
pub struct Global {
    /// Configuration file. Every key can also be set as LANDBRIDGE_SECTION__KEY in the environment.
    ///
    /// Without it, landbridge-data/landbridge.toml is read if it is there.
    #[arg(long, global = true, value_name = "FILE", env = "LANDBRIDGE_CONFIG")]
    config: Option<PathBuf>,
    /// Folder with the data, instead of the configured one.
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

impl Global {
    /// The configuration as this command line sees it.
    pub fn load(&self) -> anyhow::Result<Config> {
        // A variable that is not Unicode cannot be one of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let in_folder =
            self.data_dir.as_ref().map(|dir| dir.join("landbridge.toml")).filter(|file| file.is_file());
        let mut config =
            config::load(self.config.as_ref().or(in_folder.as_ref()).map(PathBuf::as_path), environment)?;
        if let Some(dir) = &self.data_dir {
            config.data_dir.clone_from(dir);
        }
        Ok(config)
    }

    /// The file that `--config` names.
    pub fn file(&self) -> Option<&PathBuf> {
        self.config.as_ref()
    }
}

#[derive(Subcommand)]
pub enum Command {
    Up(commands::up::Up),
    Golive(commands::golive::GoLive),
    Demo(commands::demo::Demo),
    Doctor(commands::doctor::Doctor),
    Account(commands::account::Account),
    Domain(commands::domain::Domain),
    Backup(commands::backup::Backup),
    Restore(commands::restore::Restore),
    Deliveries(commands::deliveries::Deliveries),
    Reports(commands::reports::Reports),
    Config(commands::config::ShowConfig),
    MediaWorker(commands::media_worker::MediaWorker),
}
