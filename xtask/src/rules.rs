//! The rules that tools hold: which crate may use which, licences and versions, sizes of files.
//!
//! They are tests, so that `./test` runs them with the rest.

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use std::{
        fs,
        path::{Path, PathBuf},
        process::Command,
    };

    /// What each part of the house may depend on. The order is the direction: nothing below names anything above it.
    const MAY_USE: &[(&str, &[&str])] = &[
        ("landbridge-model", &[]),
        ("landbridge-fetch", &[]),
        ("landbridge-media", &["landbridge-model"]),
        ("landbridge-store", &["landbridge-model"]),
        ("landbridge-hub", &["landbridge-model", "landbridge-store", "landbridge-fetch", "landbridge-media"]),
        ("landbridge-activitypub", BELOW_THE_EDGE),
        ("landbridge-atproto", BELOW_THE_EDGE),
        ("landbridge-nostr", BELOW_THE_EDGE),
        ("landbridge-mastodon", BELOW_THE_EDGE),
        ("landbridge-web", BELOW_THE_EDGE),
    ];
    const BELOW_THE_EDGE: &[&str] =
        &["landbridge-model", "landbridge-store", "landbridge-fetch", "landbridge-media", "landbridge-hub"];

    /// Lines of one source file, at most; and what nine of ten keep to.
    const LONGEST: usize = 1000;
    const LONG: usize = 400;

    #[test]
    fn dependencies_run_one_way() {
        let metadata = metadata();
        for package in list(&metadata, "packages") {
            let name = text(package, "name");
            let Some((_, allowed)) = MAY_USE.iter().find(|(n, _)| *n == name) else { continue };
            for dependency in list(package, "dependencies") {
                let used = text(dependency, "name");
                let ours = used.starts_with("landbridge") && used != name;
                // A test may use the whole house.
                let shipped = dependency.get("kind").is_none_or(Value::is_null);
                assert!(!ours || !shipped || allowed.contains(&used), "{name} must not depend on {used}");
            }
        }
    }

    #[test]
    fn licences_and_versions_are_as_deny_toml_says() {
        crate::licences::run().unwrap();
    }

    #[test]
    fn files_stay_small() {
        let mut lengths = Vec::new();
        for folder in ["crates", "xtask", "tests", "benches"] {
            measure(&crate::run::root().join(folder), &mut lengths);
        }
        lengths.sort_unstable_by_key(|(lines, _)| *lines);
        let too_long: Vec<_> = lengths.iter().filter(|(lines, _)| *lines > LONGEST).collect();
        assert!(too_long.is_empty(), "split these: {too_long:?}");
        let long = lengths.iter().filter(|(lines, _)| *lines > LONG).count();
        assert!(long * 10 <= lengths.len(), "{long} of {} files have more than {LONG} lines", lengths.len());
    }

    fn measure(folder: &Path, lengths: &mut Vec<(usize, PathBuf)>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                measure(&path, lengths);
            } else if path.extension().is_some_and(|e| e == "rs") {
                lengths.push((fs::read_to_string(&path).unwrap().lines().count(), path));
            }
        }
    }

    fn metadata() -> Value {
        let mut cargo = Command::new("cargo");
        // Only what is built here is sure to have been fetched.
        let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        cargo.args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &platform]);
        cargo.current_dir(crate::run::root());
        serde_json::from_slice(&cargo.output().unwrap().stdout).unwrap()
    }

    fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
        value[key].as_array().map_or(&[], Vec::as_slice)
    }

    fn text<'a>(value: &'a Value, key: &str) -> &'a str {
        value[key].as_str().unwrap_or_default()
    }
}
