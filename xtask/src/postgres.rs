//! A throw-away PostgreSQL server: Debian's own, on loopback, in a temporary folder.

use crate::run;
use anyhow::{Context, Result, bail};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

const PORT: &str = "54329";

/// A running server; stopped when dropped.
pub struct Postgres {
    bin: PathBuf,
    data: PathBuf,
}

impl Postgres {
    /// Starts a new, empty cluster below `scratch` and waits until it answers.
    pub fn start(scratch: &Path) -> Result<Self> {
        let bin = newest_bin()?;
        let home = scratch.join("postgres");
        fs::create_dir(&home)?;
        fs::set_permissions(scratch, fs::Permissions::from_mode(0o755))?;
        run::loudly(Command::new("chown").arg("postgres").arg(&home))?;
        let data = home.join("data");
        run::quietly(
            "initdb",
            as_postgres(&bin.join("initdb"))
                .args(["-A", "trust", "-E", "UTF8", "--locale=C", "-D"])
                .arg(&data),
        )?;
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={PORT} -c unix_socket_directories={} -c fsync=off -c max_connections=400",
            home.display()
        );
        run::quietly(
            "PostgreSQL",
            as_postgres(&bin.join("pg_ctl"))
                .args(["start", "-w", "-s", "-o", &options, "-l"])
                .arg(home.join("log"))
                .arg("-D")
                .arg(&data),
        )?;
        Ok(Self { bin, data })
    }

    /// Connects as the superuser to the database `postgres`.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{PORT}/postgres")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = as_postgres(&self.bin.join("pg_ctl"))
            .args(["stop", "-s", "-m", "immediate", "-D"])
            .arg(&self.data)
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("PostgreSQL in {} did not stop", self.data.display());
        }
    }
}

/// The server refuses to run as root.
fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

fn newest_bin() -> Result<PathBuf> {
    let base = Path::new("/usr/lib/postgresql");
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(base)
        .with_context(|| format!("no PostgreSQL in {}", base.display()))?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    versions.sort();
    match versions.pop() {
        Some((_, bin)) => Ok(bin),
        None => bail!("no PostgreSQL server in {}", base.display()),
    }
}
