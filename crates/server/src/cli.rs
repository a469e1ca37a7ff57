//! The command line: what every command shares. Each command has a file of its own under `commands`.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

use crate::commands;
use crate::config::{self, Config};

/// One address, every open network: a server for ActivityPub, AT Protocol and Nostr.
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
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Configuration file [default: landbridge.toml in the data folder, or /etc/landbridge/landbridge.toml].
    #[arg(long, global = true, value_name = "FILE", env = "LANDBRIDGE_CONFIG")]
    config: Option<PathBuf>,
    /// Folder with the data, instead of the configured one [default: landbridge-data].
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

/// Where the Debian package keeps the configuration.
pub const INSTALLED: &str = "/etc/landbridge/landbridge.toml";

impl Global {
    /// The configuration as this command line sees it.
    pub fn load(&self) -> anyhow::Result<Config> {
        self.load_from(self.file())
    }

    /// The same for the command that writes the file, which need not be there yet.
    pub fn load_before_it_is_written(&self) -> anyhow::Result<Config> {
        self.load_from(self.file().filter(|file| file.exists()))
    }

    /// The same from that file, or from the environment alone.
    pub fn load_from(&self, file: Option<PathBuf>) -> anyhow::Result<Config> {
        let mut config = config::load(file.as_deref(), environment())?;
        if let Some(dir) = &self.data_dir {
            config.data_dir.clone_from(dir);
        }
        crate::instance::refuse_root_of_others(&config.data_dir)?;
        Ok(config)
    }

    /// The configuration file in use.
    pub fn file(&self) -> Option<PathBuf> {
        if self.config.is_some() {
            return self.config.clone();
        }
        let chosen =
            self.data_dir.clone().or_else(|| std::env::var_os("LANDBRIDGE_DATA_DIR").map(PathBuf::from));
        let dir = chosen.clone().unwrap_or_else(|| Config::default().data_dir);
        let (in_folder, installed) = (dir.join("landbridge.toml"), PathBuf::from(INSTALLED));
        if in_folder.is_file() {
            return Some(in_folder);
        }
        (chosen.is_none() && !dir.exists() && installed.is_file()).then_some(installed)
    }
}

/// The environment; a variable that is not Unicode cannot be one of ours.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

#[derive(Subcommand)]
pub enum Command {
    Up(commands::up::Up),
    Golive(commands::golive::GoLive),
    Demo(commands::demo::Demo),
    Doctor(commands::doctor::Doctor),
    Account(commands::account::Account),
    Domain(commands::domain::Domain),
    Lists(commands::lists::Lists),
    Backup(commands::backup::Backup),
    Restore(commands::restore::Restore),
    Deliveries(commands::deliveries::Deliveries),
    Reports(commands::reports::Reports),
    Waves(commands::waves::Waves),
    Moderate(commands::moderate::Moderate),
    Config(commands::config::ShowConfig),
    MediaWorker(commands::media_worker::MediaWorker),
}
