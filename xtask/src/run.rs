//! Running programs: loud on failure, quiet otherwise.

use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// The workspace root.
pub fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Runs `command` with its output shown; an error if it fails.
pub fn loudly(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{} ended with {status}", name_of(command));
    }
    Ok(())
}

/// Runs `command` silently under a progress line `what ... 12 s`; its whole output is shown only if it fails.
pub fn quietly(what: &str, command: &mut Command) -> Result<()> {
    eprintln!("-> {what}");
    let begun = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {command:?} (is {} installed?)", name_of(command)))?;
    if !output.status.success() {
        eprintln!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{what}: {} ended with {}", name_of(command), output.status);
    }
    eprintln!("   done in {:.0?}", begun.elapsed());
    Ok(())
}

/// Whether a program of this name can be found in `PATH`.
pub fn exists(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// Does a stage of a long chore, and says afterwards how long it took.
pub fn stage<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("-> {what}");
    let begun = Instant::now();
    let result = work();
    eprintln!("== {what}: {}, {:.0?}", if result.is_ok() { "done" } else { "FAILED" }, begun.elapsed());
    result
}

fn name_of(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
