//! The official PDS from npm, with a PLC directory in a process of its own. The binary is the folder in which
//! `cargo xtask peers atproto` has put it.

use super::Site;
use anyhow::{Context, Result};
use landbridge_interop::servers;
use std::process::Stdio;
use tokio::process::{Child, Command};

const PROGRAMS: [&str; 3] = ["alone.mjs", "directory.mjs", "pds.mjs"];

pub fn configure(site: &Site) -> Result<()> {
    for program in PROGRAMS {
        std::fs::copy(servers::source("atproto").join(program), site.path().join(program))?;
    }
    servers::link(&site.binary.join("node_modules"), &site.path().join("node_modules"))
}

fn node(site: &Site) -> Command {
    let mut command = Command::new(site.binary.join("node_modules/node/bin/node"));
    // As its makers' container runs it.
    command.current_dir(site.path()).kill_on_drop(true).arg("alone.mjs").env("NODE_ENV", "production");
    command
}

pub fn serve(site: &Site) -> Command {
    let mut command = node(site);
    command.args(["pds", &site.port().to_string(), &directory(site), "data"]);
    command
}

/// Where the PDS finds its directory.
fn directory(site: &Site) -> String {
    format!("http://localhost:{}", directory_port(site))
}

fn directory_port(site: &Site) -> u16 {
    site.port() + 1
}

/// Starts the directory. The PDS asks it only when an account is made.
pub fn start_directory(site: &Site) -> Result<Child> {
    let mut command = node(site);
    command.args(["directory", &directory_port(site).to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().context("the directory cannot be started")
}
