//! One file per command.

pub mod account;
pub mod backup;
pub mod config;
pub mod deliveries;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod golive;
pub mod lists;
pub mod media_worker;
pub mod moderate;
pub mod reports;
pub mod restore;
pub mod up;
pub mod waves;

use landbridge_hub::Hub;
use std::future::Future;
use std::process::ExitCode;

use crate::assemble::House;
use crate::cli::{Cli, Command, Global};
use crate::instance::Use;
use crate::observe;

/// Runs the chosen command.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // Both rustls users of this process (ours and the HTTP client's) then share one provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let global = cli.global;
    match cli.command {
        Command::Up(command) => command.run(&global),
        Command::Golive(command) => command.run(&global),
        Command::Demo(command) => command.run(),
        Command::Doctor(command) => command.run(&global),
        Command::Account(command) => done(command.run(&global)),
        Command::Domain(command) => done(command.run(&global)),
        Command::Lists(command) => done(command.run(&global)),
        Command::Backup(command) => done(command.run(&global)),
        Command::Restore(command) => done(command.run(&global)),
        Command::Reports(command) => done(command.run(&global)),
        Command::Waves(command) => done(command.run(&global)),
        Command::Moderate(command) => done(command.run(&global)),
        Command::Deliveries(command) => done(command.run(&global)),
        Command::Config(command) => done(command.run()),
        Command::MediaWorker(command) => command.run(),
    }
}

/// Bytes of stack of each thread: for the deepest chain there is (what is fetched because of what was fetched), with room to
/// spare. Memory is taken for what is used of it alone.
const STACK: usize = 8 << 20;

/// Runs a future to its end on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().thread_stack_size(STACK).build()?.block_on(future)
}

/// Opens the database beside a server that may be running, and closes it when the command has done its part.
pub fn with_hub(global: &Global, act: impl AsyncFnOnce(&Hub) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let config = global.load()?;
    observe::logs::start(&config.log)?;
    block_on(async move {
        let house = House::open(&config, Use::Command).await?;
        let done = act(&house.hub).await;
        house.hub.store().clone().close().await;
        done
    })
}

fn done(result: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    result.map(|()| ExitCode::SUCCESS)
}
