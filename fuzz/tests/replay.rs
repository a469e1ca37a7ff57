//! The inputs in `corpus/`, each through its target: seeds, and what once was a fault.

#![allow(clippy::unwrap_used)]

use landbridge_fuzz::TARGETS;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// Bytes of all inputs together; a corpus that grows belongs in a cache, not in the repository.
const MOST: u64 = 2 << 20;

fn here(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

#[test]
fn nothing_in_the_corpus_is_a_fault() {
    let mut faults = Vec::new();
    let (mut files, mut size) = (0, 0);
    for (name, run) in TARGETS {
        let mut inputs: Vec<PathBuf> =
            fs::read_dir(here("corpus").join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        inputs.sort();
        assert!(inputs.len() >= 3, "{name} has hardly any inputs");
        for input in inputs {
            let bytes = fs::read(&input).unwrap();
            (files, size) = (files + 1, size + bytes.len() as u64);
            if catch_unwind(AssertUnwindSafe(|| run(&bytes))).is_err() {
                faults.push(input);
            }
        }
    }
    assert!(faults.is_empty(), "faults: {faults:#?}");
    assert!(size <= MOST, "{files} inputs have {size} bytes");
}

#[test]
fn every_target_has_its_program_and_nothing_else_is_there() {
    let names = |folder: &str, ending: &str| {
        let mut names: Vec<String> = fs::read_dir(here(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.strip_suffix(ending).unwrap_or_else(|| panic!("{name} in {folder}")).to_owned())
            .collect();
        names.sort();
        names
    };
    let mut known: Vec<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    known.sort();
    assert_eq!(names("fuzz_targets", ".rs"), known);
    assert_eq!(names("corpus", ""), known);
    assert!(names("dictionaries", ".dict").iter().all(|name| known.contains(name)));
}
