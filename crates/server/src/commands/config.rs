//! `landbridge config`: the reference of the configuration.

use clap::Args;

use crate::config::keys::KEYS;

/// List every configuration key with its meaning.
#[derive(Args)]
pub struct ShowConfig {}

impl ShowConfig {
    pub fn run(&self) -> anyhow::Result<()> {
        println!("# One TOML file; LANDBRIDGE_SECTION__KEY in the environment overrides SECTION.KEY.");
        for (key, meaning) in KEYS {
            println!("{key:<32} {meaning}");
        }
        Ok(())
    }
}
