//! The matrix: operation x peer x direction. Each case leaves a cell in the stage's folder; at the end of a run the
//! cells are compared with `tests/interop/MATRIX.md`, which is brought up to date and committed. A difference fails
//! the run: nothing may get worse, or better, unseen.

use crate::peer::Lacks;
use anyhow::{Context, Result};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const HEAD: &str = "\
# What works with whom

Made by `cargo xtask test` from real peers, each asked for its own state; a change fails the run until it is committed.
*Lacks* means that the peer has no such thing; the reason is what it said or how it shows. **Fails** is a fault of ours, or
one not yet understood.

| network | operation | peer | from Landbridge | to Landbridge |
|---|---|---|---|---|
";

/// A cell that does not work yet.
const FAILS: &str = "**fails**";

/// Which way an operation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The member acts, the peer holds the result.
    Out,
    /// The peer acts, the member sees the result.
    In,
}

/// (network, operation, peer): what the two directions came to.
type Cells = BTreeMap<(String, String, String), [String; 2]>;

/// Turns the outcome of a case into a cell. What a peer lacks is no failure.
pub fn record(
    stage: &Path,
    network: &str,
    operation: &str,
    peer: &str,
    way: Way,
    outcome: Result<()>,
) -> Result<()> {
    let known = known_to_fail(network, operation, peer, way)?;
    let cell = match outcome {
        // What is known to fail stays in sight until somebody has looked at why it passes.
        Ok(()) if known => {
            eprintln!("passes now: take {FAILS} off MATRIX.md");
            FAILS.to_owned()
        }
        Ok(()) => "passes".to_owned(),
        Err(error) => match error.downcast_ref::<Lacks>() {
            Some(Lacks(reason)) => format!("*lacks*: {}", reason.replace(['|', '\n'], " ")),
            None if known => {
                eprintln!("known to fail: {error:#}");
                FAILS.to_owned()
            }
            None => return Err(error),
        },
    };
    let folder = stage.join("cells");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{network}.{operation}.{peer}.{way:?}").replace([' ', '/'], "-"));
    Ok(fs::write(file, format!("{network}\n{operation}\n{peer}\n{way:?}\n{cell}\n"))?)
}

fn known_to_fail(network: &str, operation: &str, peer: &str, way: Way) -> Result<bool> {
    let cells = parse(&fs::read_to_string(table_file())?);
    let row = cells.get(&(network.to_owned(), operation.to_owned(), peer.to_owned()));
    Ok(row.is_some_and(|row| row[usize::from(way == Way::In)] == FAILS))
}

fn table_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("MATRIX.md")
}

/// Brings the committed table up to date with this run's cells; an error if that changed it.
pub fn compare(stage: &Path) -> Result<()> {
    let recorded = recorded(stage)?;
    if recorded.is_empty() {
        return Ok(());
    }
    let file = table_file();
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let mut cells = parse(&committed);
    for path in recorded {
        let text = fs::read_to_string(&path)?;
        let [network, operation, peer, way, cell] =
            text.lines().collect::<Vec<_>>().try_into().ok().context("a cell")?;
        let row = cells.entry((network.to_owned(), operation.to_owned(), peer.to_owned())).or_default();
        row[usize::from(way == "In")] = cell.to_owned();
    }
    let table = print(&cells);
    if table != committed {
        fs::write(&file, table)?;
        anyhow::bail!("{} has changed: look at the difference, then commit it", file.display());
    }
    Ok(())
}

fn recorded(stage: &Path) -> Result<Vec<PathBuf>> {
    let folder = stage.join("cells");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

fn parse(table: &str) -> Cells {
    table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| network"))
        .filter_map(|line| {
            let columns: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [network, operation, peer, out, into] = columns.try_into().ok()?;
            Some((
                (network.to_owned(), operation.to_owned(), peer.to_owned()),
                [out.to_owned(), into.to_owned()],
            ))
        })
        .collect()
}

fn print(cells: &Cells) -> String {
    cells.iter().fold(HEAD.to_owned(), |table, ((network, operation, peer), [out, into])| {
        table + &format!("| {network} | {operation} | {peer} | {out} | {into} |\n")
    })
}
