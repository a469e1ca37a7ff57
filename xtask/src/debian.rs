//! Debian packages that the tests stand on.

use crate::run;
use anyhow::{Result, bail};
use std::process::{Command, Stdio};

/// PostgreSQL is the second engine; `pebble` the ACME server; the rest builds, isolates or runs the peers.
pub const PACKAGES: &[&str] = &[
    "postgresql",
    "pebble",
    "curl",
    "g++",
    "make",
    "protobuf-compiler",
    "pkg-config",
    "libssl-dev",
    "iproute2",
    "python3-venv",
];

/// Installs those of `packages` that are missing. Asks nothing of the network when none is.
pub fn ensure(packages: &[&str]) -> Result<()> {
    let mut missing: Vec<&str> = packages.iter().copied().filter(|p| !installed(p)).collect();
    if !run::exists("npm") {
        missing.extend(["nodejs", "npm"]);
    }
    if missing.is_empty() {
        return Ok(());
    }
    if !run::exists("apt-get") {
        bail!("please install these first, this is not a Debian system: {}", missing.join(" "));
    }
    run::quietly("apt-get update", apt().arg("update"))?;
    run::quietly(
        &format!("apt-get install {}", missing.join(" ")),
        apt().args(["install", "-y", "--no-install-recommends"]).args(&missing),
    )
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("-q").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["-W", "-f", "${Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|out| out.stdout.ends_with(b"ok installed"))
}
