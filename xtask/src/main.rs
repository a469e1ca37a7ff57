//! The project's chores: `cargo xtask test`, `cargo xtask fuzz`, `cargo xtask peers`, `cargo xtask dist`.

mod debian;
mod dist;
mod fuzz;
mod licences;
mod peers;
mod postgres;
mod private;
mod rules;
mod run;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the Landbridge repository")]
struct Chores {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Install what the tests need, then run everything: unit tests on both database engines, then real peers.
    Test(test::Options),
    /// Only install the peers (idempotent), and print where each one is.
    Peers {
        /// Names of folders in tests/interop/peers; all of them if none is given.
        names: Vec<String>,
    },
    /// Make what operators install: a static binary in a tarball, a Debian package, a container folder.
    Dist(dist::Options),
    /// Try the parsers that meet the network with bytes from nowhere.
    Fuzz(fuzz::Options),
    /// Check licences, duplicate versions and banned crates against deny.toml.
    Licences,
}

fn main() -> ExitCode {
    match run_chore(Chores::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_chore(chore: Chore) -> Result<()> {
    match chore {
        Chore::Test(options) => test::run(&options),
        Chore::Peers { names } => {
            debian::ensure(debian::PACKAGES)?;
            for peer in peers::install(&names)? {
                println!("{:16} {}", peer.name, peer.folder.display());
            }
            Ok(())
        }
        Chore::Dist(options) => dist::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Licences => licences::run(),
    }
}
