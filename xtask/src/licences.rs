//! `cargo xtask licences`: holds the rules of `deny.toml` (licences, duplicate versions, banned crates) on what is
//! built into the binary, without the network. `cargo deny check` reads the same file.

use crate::run;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

#[derive(Deserialize)]
struct Rules {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Named>,
    skip: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

pub fn run() -> Result<()> {
    let rules: Rules = toml::from_str(&std::fs::read_to_string(run::root().join("deny.toml"))?)?;
    let packages = built()?;
    let mut wrong = Vec::new();
    let mut versions = BTreeMap::<&str, BTreeSet<&str>>::new();
    for package in &packages {
        versions.entry(&package.name).or_default().insert(&package.version);
        if !allowed(&package.licence, &rules.licenses.allow) {
            wrong.push(format!(
                "{} {}: the licence {:?} is not allowed",
                package.name, package.version, package.licence
            ));
        }
    }
    let skipped = rules.bans.skip.iter().map(|named| named.name.as_str()).collect::<BTreeSet<_>>();
    for (name, versions) in &versions {
        if versions.len() > 1 && !skipped.contains(name) {
            wrong.push(format!("{name} is built in several versions: {versions:?}"));
        }
    }
    for name in skipped.iter().filter(|name| versions.get(*name).is_none_or(|versions| versions.len() < 2)) {
        wrong.push(format!("{name} is skipped in deny.toml, but is there once at most: take the line out"));
    }
    wrong.extend(
        rules
            .bans
            .deny
            .iter()
            .filter(|named| versions.contains_key(named.name.as_str()))
            .map(|named| format!("{} is banned", named.name)),
    );
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    println!("{} packages: licences, versions and bans are as deny.toml says", packages.len());
    Ok(())
}

struct Package {
    name: String,
    version: String,
    licence: String,
}

/// What `cargo build -p landbridge` compiles.
fn built() -> Result<Vec<Package>> {
    let mut tree = Command::new("cargo");
    tree.current_dir(run::root());
    tree.args([
        "tree",
        "-p",
        "landbridge",
        "-e",
        "normal,build",
        "--locked",
        "--prefix",
        "none",
        "-f",
        "{p}|{l}",
    ]);
    let output = tree.output().context("cannot start cargo tree")?;
    if !output.status.success() {
        bail!("cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().map(|line| line.trim_end_matches(" (*)")).collect::<BTreeSet<_>>();
    let parse = |line: &str| {
        let (package, licence) = line.split_once('|')?;
        let (name, rest) = package.split_once(" v")?;
        let version = rest.split(' ').next()?;
        Some(Package { name: name.to_owned(), version: version.to_owned(), licence: licence.to_owned() })
    };
    lines.into_iter().map(|line| parse(line).with_context(|| format!("cargo tree said {line:?}"))).collect()
}

/// Whether an SPDX expression (or the old form with slashes) can be met with the allowed licences.
fn allowed(expression: &str, allow: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words = spaced.split_whitespace().collect::<Vec<_>>();
    let mut at = 0;
    !words.is_empty() && any(&words, &mut at, allow) && at == words.len()
}

fn any(words: &[&str], at: &mut usize, allow: &BTreeSet<String>) -> bool {
    let mut fine = all(words, at, allow);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        fine |= all(words, at, allow);
    }
    fine
}

fn all(words: &[&str], at: &mut usize, allow: &BTreeSet<String>) -> bool {
    let mut fine = one(words, at, allow);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        fine &= one(words, at, allow);
    }
    fine
}

fn one(words: &[&str], at: &mut usize, allow: &BTreeSet<String>) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let fine = any(words, at, allow);
        *at += 1;
        return fine;
    }
    let mut licence = (*word).to_owned();
    if let (Some(&"WITH"), Some(exception)) = (words.get(*at), words.get(*at + 1)) {
        *at += 2;
        licence = format!("{licence} WITH {exception}");
    }
    allow.contains(&licence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_met_or_not() {
        let allow = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
        for fine in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0/MIT",
            "(GPL-3.0 OR ISC) AND MIT",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(allowed(fine, &allow), "{fine}");
        }
        for wrong in ["", "GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "MIT AND (ISC AND GPL-3.0)", "MIT ISC"]
        {
            assert!(!allowed(wrong, &allow), "{wrong}");
        }
    }
}
