//! A private world for the tests: own network with nothing but loopback, own `/etc/hosts`, own process tree.
//!
//! Nothing that runs inside can reach another machine, every port is free, `https://NAME.example` works without DNS
//! (`.test` would not do: Landbridge answers that in process, for its trial), and whatever was started ends with the
//! run. On AT Protocol no handle may end in `.example`: handles are below `example.org`.

use crate::run;
use anyhow::{Context, Result};
use std::{ffi::OsString, fs, path::Path, process::Command};

/// Every server in the tests: a name and a loopback address of its own, so that each can have port 443.
pub const HOSTS: &[(&str, &str)] = &[
    ("127.0.77.1", "lb.example"),
    ("127.0.77.2", "lb2.example"),
    // Started by tests that stop it, too.
    ("127.0.77.3", "lb3.example"),
    ("127.0.77.3", "pds.lb3.example"),
    ("127.0.77.10", "fedify.example"),
    ("127.0.77.11", "bovine.example"),
    ("127.0.77.12", "upub.example"),
    ("127.0.77.13", "pasture.example"),
    ("127.0.77.20", "relay.example"),
    ("127.0.77.1", "pds.lb.example"),
    ("127.0.77.2", "pds.lb2.example"),
    ("127.0.77.40", "plc.example"),
    ("127.0.77.41", "appview.example.org"),
    ("127.0.77.42", "opds.example.org"),
    ("127.0.77.43", "pages.example.org"),
    ("127.0.77.44", "labels.example.org"),
    ("127.0.77.45", "chat.example"),
];

/// Runs `program` inside, with `arguments` and further environment variables.
pub fn enter(
    program: &Path,
    arguments: &[String],
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<()> {
    run::loudly(
        Command::new("unshare")
            .args(["--mount", "--net", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "--"])
            .arg(program)
            .args(arguments)
            .envs(variables),
    )
}

/// Called first thing inside: brings loopback up and puts the hosts file in place.
pub fn settle(scratch: &Path) -> Result<()> {
    run::loudly(Command::new("ip").args(["link", "set", "lo", "up"]))?;
    let mut hosts = String::from("127.0.0.1 localhost\n::1 localhost\n");
    for (address, name) in HOSTS {
        hosts.push_str(&format!("{address} {name}\n"));
    }
    let file = scratch.join("hosts");
    fs::write(&file, hosts).context("the hosts file")?;
    run::loudly(Command::new("mount").arg("--bind").arg(&file).arg("/etc/hosts"))
}
