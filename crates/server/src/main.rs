//! `landbridge`: one address on every open network. This crate knows all the others and joins them: configuration,
//! command line, host routing, TLS, wiring. Nothing else depends on it.

mod assemble;
mod checks;
mod cli;
mod commands;
mod config;
mod front;
mod instance;
mod listen;
mod node;
mod observe;
mod prompt;

use clap::Parser;
use std::process::ExitCode;

/// The system's keeps an arena for each thread: under load that is twice the memory, and a tenth slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Whatever is written is for this user alone: databases, keys, media, backups.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match commands::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("landbridge: {error:#}");
            ExitCode::FAILURE
        }
    }
}
