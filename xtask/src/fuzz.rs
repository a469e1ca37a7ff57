//! `cargo xtask fuzz`: the targets in `fuzz/` under libFuzzer, for a while each.
//!
//! The programs are built by the ordinary compiler: [a wrapper](../../fuzz/rustc-with-coverage) has our own crates
//! compiled so that libFuzzer sees which way an input went. The dependencies stay as every other build has them and are
//! not built anew. What was found worth keeping stays in `target/fuzz` for the next run; an input that is a fault is
//! named at the end.

use crate::run;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[derive(Args, Clone)]
pub struct Options {
    /// Names of files in fuzz/fuzz_targets; all of them if none is given.
    targets: Vec<String>,
    /// How long each is tried.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// How many run at the same time.
    #[arg(long, default_value_t = 2)]
    at_once: usize,
    /// Where chance begins; else somewhere new each time.
    #[arg(long)]
    seed: Option<u32>,
    /// Try nothing: gather in target/fuzz/TARGET/merged the fewest inputs that reach as far as all that are known.
    #[arg(long)]
    merge: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { targets: Vec::new(), seconds: 60, at_once: 2, seed: None, merge: false }
    }
}

/// A single input may take so many seconds, and a target so many megabytes.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=1024"];

pub fn run(options: &Options) -> Result<()> {
    build()?;
    let targets = if options.targets.is_empty() { targets()? } else { options.targets.clone() };
    if options.merge {
        targets.iter().try_for_each(|target| merge(target))
    } else {
        try_all(&targets, options)
    }
}

/// Names of all targets.
fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder().join("fuzz_targets"))? {
        let path = entry?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Builds the programs, with the features that every other build of the whole workspace has.
pub fn build() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(run::root()).args(["build", "--workspace", "--features", "landbridge-fuzz/libfuzzer"]);
    for target in targets()? {
        cargo.args(["--bin", &target]);
    }
    // Unoptimised code is slow beyond use; overflow and debug assertions stay on.
    cargo.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1").env("CARGO_INCREMENTAL", "0");
    cargo.env("RUSTC_WORKSPACE_WRAPPER", folder().join("rustc-with-coverage"));
    run::loudly(&mut cargo)
}

/// Tries all targets, some at a time; an error names those with faults.
pub fn try_all(targets: &[String], options: &Options) -> Result<()> {
    let mut waiting: VecDeque<&String> = targets.iter().collect();
    let (mut running, mut faulty) = (Vec::<Trial>::new(), Vec::new());
    while !waiting.is_empty() || !running.is_empty() {
        while running.len() < options.at_once.max(1)
            && let Some(target) = waiting.pop_front()
        {
            running.push(Trial::start(target, options)?);
        }
        sleep(Duration::from_millis(200));
        let mut still = Vec::new();
        for mut trial in running {
            match trial.child.try_wait()? {
                None => still.push(trial),
                Some(status) if trial.report(status.success())? => {}
                Some(_) => faulty.push(trial.target),
            }
        }
        running = still;
    }
    if !faulty.is_empty() {
        bail!("faults in {}", faulty.join(", "));
    }
    Ok(())
}

/// Every target at its default time, each time from the same seed: a change is judged by what it changed.
pub fn try_every() -> Result<()> {
    try_all(&targets()?, &Options { seed: Some(1), ..Options::default() })
}

struct Trial {
    target: String,
    child: Child,
    log: PathBuf,
    begun: Instant,
}

impl Trial {
    fn start(target: &str, options: &Options) -> Result<Trial> {
        let place = place(target)?;
        let log = place.join("log");
        let mut command = program(target)?;
        command.args(LIMITS).arg(format!("-max_total_time={}", options.seconds)).arg("-print_final_stats=1");
        command.arg(format!("-artifact_prefix={}/", place.join("faults").display()));
        command.args(options.seed.map(|seed| format!("-seed={seed}")));
        let words = folder().join("dictionaries").join(format!("{target}.dict"));
        if words.exists() {
            command.arg(format!("-dict={}", words.display()));
        }
        // New inputs go into the first folder.
        command.arg(place.join("found")).arg(corpus(target));
        command
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?);
        let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        Ok(Trial { target: target.to_owned(), child, log, begun: Instant::now() })
    }

    /// Says how it went; `false`: there is a fault.
    fn report(&self, well: bool) -> Result<bool> {
        let log = String::from_utf8_lossy(&fs::read(&self.log)?).into_owned();
        let number = |name: &str| {
            let line = log.lines().rev().find(|line| line.contains(name))?;
            line.split(name).nth(1)?.split_whitespace().next()
        };
        let (runs, reached) = (number("number_of_executed_units:"), number(" cov:"));
        let outcome = if well { "well" } else { "FAULT" };
        eprintln!(
            "   {:10} {outcome}: {} inputs, {} places reached, {:.0?}",
            self.target,
            runs.unwrap_or("?"),
            reached.unwrap_or("?"),
            self.begun.elapsed()
        );
        if !well {
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(40)..).unwrap_or_default();
            eprintln!("{}\n   everything it said: {}", tail.join("\n"), self.log.display());
            for entry in fs::read_dir(place(&self.target)?.join("faults"))? {
                eprintln!("   a fault: {}", entry?.path().display());
            }
        }
        Ok(well)
    }
}

/// Keeps the fewest inputs, of those found and those committed, that reach as much as all of them.
fn merge(target: &str) -> Result<()> {
    let place = place(target)?;
    let merged = place.join("merged");
    if merged.exists() {
        fs::remove_dir_all(&merged)?;
    }
    fs::create_dir_all(&merged)?;
    let mut command = program(target)?;
    command.args(LIMITS).arg("-set_cover_merge=1").arg(&merged).arg(corpus(target)).arg(place.join("found"));
    run::quietly(&format!("merging {target}"), &mut command)?;
    eprintln!("   {} inputs in {}", fs::read_dir(&merged)?.count(), merged.display());
    Ok(())
}

fn folder() -> PathBuf {
    run::root().join("fuzz")
}

fn corpus(target: &str) -> PathBuf {
    folder().join("corpus").join(target)
}

/// Where a target leaves what it finds.
fn place(target: &str) -> Result<PathBuf> {
    let place = run::root().join("target/fuzz").join(target);
    for folder in ["found", "faults"] {
        fs::create_dir_all(place.join(folder))?;
    }
    Ok(place)
}

fn program(target: &str) -> Result<Command> {
    let path: &Path = &run::root().join("target/debug").join(target);
    if !path.exists() {
        bail!("there is no target {target}; they are: {}", targets()?.join(", "));
    }
    let mut command = Command::new(path);
    command.current_dir(run::root()).env("RUST_BACKTRACE", "1");
    Ok(command)
}
