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

    /// A test of the store prepares every statement of its entities on both engines; what stood elsewhere it would miss.
    #[test]
    fn sql_lives_in_the_store() {
        let mut files = Vec::new();
        for folder in ["crates", "benches"] {
            collect(&crate::run::root().join(folder), &mut files);
        }
        let store = Path::new("crates/store/");
        let mut elsewhere = Vec::new();
        for path in files {
            let shown = path.strip_prefix(crate::run::root()).unwrap();
            let tests = shown.components().any(|part| part.as_os_str() == "tests");
            if shown.starts_with(store) || tests {
                continue;
            }
            for (number, line) in (1..).zip(fs::read_to_string(&path).unwrap().lines()) {
                if holds_sql(line) {
                    elsewhere.push(format!("{}:{number}", shown.display()));
                }
            }
        }
        assert!(elsewhere.is_empty(), "this SQL belongs into crates/store/src/entities: {elsewhere:?}");
        for sql in [
            "    query(\"SELECT a FROM t\")",
            "r#\"INSERT INTO t\"#",
            "\"DELETE FROM t\"",
            "\"WITH x AS (SELECT 1\"",
        ] {
            assert!(holds_sql(sql), "{sql}");
        }
        assert!(!holds_sql("/// \"SELECT a FROM t\"") && !holds_sql("\"DELETE /api/v1/x\""));
    }

    /// A literal in this line begins like a statement.
    fn holds_sql(line: &str) -> bool {
        let verbs = [
            ("SELECT ", ""),
            ("INSERT INTO ", ""),
            ("UPDATE ", " SET "),
            ("DELETE FROM ", ""),
            ("WITH ", " AS ("),
        ];
        let code = line.split("//").next().unwrap_or_default();
        code.split('"')
            .skip(1)
            .any(|text| verbs.iter().any(|(verb, also)| text.starts_with(verb) && text.contains(also)))
    }

    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        let mut lengths = Vec::new();
        measure(folder, &mut lengths);
        files.extend(lengths.into_iter().map(|(_, path)| path));
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
        cargo.args(["metadata", "--format-version", "1", "--offline"]).current_dir(crate::run::root());
        serde_json::from_slice(&cargo.output().unwrap().stdout).unwrap()
    }

    fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
        value[key].as_array().map_or(&[], Vec::as_slice)
    }

    fn text<'a>(value: &'a Value, key: &str) -> &'a str {
        value[key].as_str().unwrap_or_default()
    }
}
