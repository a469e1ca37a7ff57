//! A program run beside the tests, with its output in a file and its end tied to ours.

use anyhow::{Context, Result, bail};
use std::{
    fs::File,
    path::{Path, PathBuf},
};
use tokio::process::{Child, Command};

/// A running program; killed when dropped.
pub struct Process {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// Starts `command`, in a new folder `home/name`, writing to `home/name.log`.
    pub fn start(name: &str, home: &Path, command: &mut Command) -> Result<Self> {
        let log = home.join(format!("{name}.log"));
        let out = File::create(&log)?;
        let folder = folder(home, name)?;
        let child = command
            .current_dir(folder)
            .stdin(std::process::Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name: name.to_owned(), log, child })
    }

    /// An error, with the end of its log, if it is no longer running.
    pub fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended with {status}:\n{}", self.name, self.last_words());
        }
        Ok(())
    }

    /// Ends it, as when the power fails; it is gone when this returns.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// The last lines it wrote.
    pub fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(25)).fold(String::new(), |all, line| all + line + "\n")
    }
}

/// The folder in which a program of this name runs, made if need be.
pub fn folder(home: &Path, name: &str) -> Result<PathBuf> {
    let folder = home.join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
