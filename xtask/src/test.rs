//! `cargo xtask test`: everything, from a fresh machine.
//!
//! 1. Install what is missing: Debian packages, cargo-nextest, the peers.
//! 2. Build all tests and programs while the network is there.
//! 3. Formatting, and what clippy finds; in CI (`CI=true`) each fuzz target for a minute.
//! 4. Enter a private world (see [`crate::private`]), start PostgreSQL, run the unit tests.
//! 5. Start the peers and Landbridge (`landbridge-stage`), run the tests against them.
//!
//! A filter for nextest, or `--only-peers`, leaves step 3 out. The inputs that the fuzz targets are known by are tried
//! with the unit tests.

use crate::{debian, fuzz, peers, postgres::Postgres, private, run};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{fs, path::PathBuf, process::Command};

#[derive(Args, Clone)]
pub struct Options {
    /// Leave the real peers out.
    #[arg(long)]
    no_peers: bool,
    /// Only the tests against real peers.
    #[arg(long, conflicts_with = "no_peers")]
    only_peers: bool,
    /// Step 4 and 5 only; used by the command itself.
    #[arg(long, hide = true)]
    inside: bool,
    /// Further arguments for nextest: a filter, `--retries 1` ...
    #[arg(last = true)]
    nextest: Vec<String>,
}

pub fn run(options: &Options) -> Result<()> {
    if options.inside { inside(options) } else { outside(options) }
}

fn outside(options: &Options) -> Result<()> {
    debian::ensure(debian::PACKAGES)?;
    if !run::exists("cargo-nextest") {
        run::quietly(
            "cargo install cargo-nextest (minutes, once)",
            Command::new("cargo").args(["install", "--locked", "cargo-nextest"]),
        )?;
    }
    let peers =
        if options.no_peers { Vec::new() } else { run::stage("installing peers", || peers::install(&[]))? };
    run::stage("building", || {
        run::loudly(cargo().args(["nextest", "run", "--no-run"]).args(packages(options)))?;
        if options.no_peers {
            return Ok(());
        }
        run::loudly(cargo().args(["build", "--bins"]).args(packages(options)))
    })?;
    let whole = options.nextest.is_empty() && !options.only_peers;
    let checked = if whole { checks() } else { Ok(()) };

    let mut arguments = vec!["test".to_owned(), "--inside".to_owned()];
    for (given, flag) in [(options.no_peers, "--no-peers"), (options.only_peers, "--only-peers")] {
        arguments.extend(given.then(|| flag.to_owned()));
    }
    arguments.push("--".to_owned());
    arguments.extend(options.nextest.iter().cloned());
    let tested = private::enter(
        &programs()?.join("xtask"),
        &arguments,
        peers.into_iter().map(|peer| (peer.variable().into(), peer.folder.into())),
    );
    // What failed first is told last, too: it may be far up by now.
    tested.and(checked)
}

/// What needs no database and no peer. One failure does not hide the others.
fn checks() -> Result<()> {
    let mut failed = Vec::new();
    let mut check = |what: &'static str, work: &dyn Fn() -> Result<()>| {
        if let Err(error) = run::stage(what, work) {
            eprintln!("{error:#}");
            failed.push(what);
        }
    };
    check("formatting", &|| run::loudly(cargo().args(["fmt", "--all", "--check"])));
    check("clippy", &|| {
        let all = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
        run::loudly(cargo().args(all))
    });
    if std::env::var_os("CI").is_some_and(|ci| ci == "true") {
        check("fuzzing", &|| {
            fuzz::build()?;
            fuzz::try_every()
        });
    }
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn inside(options: &Options) -> Result<()> {
    let scratch = tempfile::Builder::new().prefix("landbridge-test-").tempdir()?;
    private::settle(scratch.path())?;
    let postgres = Postgres::start(scratch.path())?;
    let nextest = |extra: &[&str]| {
        let mut command = cargo();
        command
            .args(["nextest", "run", "--offline", "--no-tests", "warn"])
            .args(packages(options))
            .args(extra)
            .args(&options.nextest);
        command.env("LANDBRIDGE_TEST_POSTGRES_URL", postgres.url()).env("RUST_LIB_BACKTRACE", "0");
        command
    };

    let mut failed = Vec::new();
    if !options.only_peers {
        // Nodes wait for each other, on machines that are busy: whoever needs a second try is listed as flaky.
        let tests = || run::loudly(&mut nextest(&["--retries", "1"]));
        if run::stage("unit tests, SQLite and PostgreSQL", tests).is_err() {
            failed.push("unit tests");
        }
    }
    if !options.no_peers {
        let tests = nextest(&[
            "-E",
            "package(landbridge-interop)",
            "--run-ignored",
            "only",
            "--test-threads",
            "4",
            "--retries",
            "2",
        ]);
        let tests = || run::loudly(&mut staged(&tests, &postgres.url())?);
        if run::stage("tests against real peers", tests).is_err() {
            failed.push("tests against real peers");
        }
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

/// `landbridge-stage FOLDER -- TESTS`: starts the peers, runs the tests, stops the peers. What they wrote stays in
/// `target/stage` until the next run.
fn staged(tests: &Command, postgres: &str) -> Result<Command> {
    let stage = run::root().join("target/stage");
    if stage.exists() {
        fs::remove_dir_all(&stage)?;
    }
    let programs = folder_of_programs();
    let mut command = Command::new(programs.join("landbridge-stage"));
    command.arg(stage).arg("--").arg(tests.get_program()).args(tests.get_args());
    command.env("LANDBRIDGE_TEST_POSTGRES_URL", postgres).env("LANDBRIDGE_PROGRAMS", programs);
    command.env("RUST_LIB_BACKTRACE", "0");
    Ok(command)
}

fn folder_of_programs() -> PathBuf {
    run::root().join("target/run")
}

/// Copies what was built to where no later build replaces it during the run.
fn programs() -> Result<PathBuf> {
    let me = std::env::current_exe()?;
    let built = me.parent().context("this program is in no folder")?;
    let folder = folder_of_programs();
    fs::create_dir_all(&folder)?;
    for program in ["xtask", "landbridge", "landbridge-stage"] {
        let copy = folder.join(program);
        if copy.exists() {
            fs::remove_file(&copy)?;
        }
        if built.join(program).exists() {
            fs::copy(built.join(program), copy)?;
        }
    }
    Ok(folder)
}

/// What to build: the same inside and outside, so that nothing is built twice.
fn packages(options: &Options) -> &'static [&'static str] {
    if options.only_peers { &["-p", "landbridge", "-p", "landbridge-interop"] } else { &["--workspace"] }
}

fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(run::root());
    command
}
