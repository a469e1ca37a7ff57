//! `landbridge-stage FOLDER -- PROGRAM ARGUMENTS`: sets the stage in FOLDER, runs the program on it, clears it.

use anyhow::{Context, Result};
use landbridge_interop::{
    matrix,
    stage::{Running, VARIABLE},
};
use std::path::PathBuf;
use tokio::process::Command;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().context("no folder given")?);
    let program = arguments.nth(1).context("no program given")?;

    let running = Running::start(&folder).await?;
    let status = Command::new(program).args(arguments).env(VARIABLE, &folder).status().await?;
    drop(running);
    matrix::compare(&folder)?;
    std::process::exit(status.code().unwrap_or(1));
}
