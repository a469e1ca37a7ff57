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
        ("landbridge-cache", &[]),
        ("landbridge-fetch", &[]),
        ("landbridge-media", &["landbridge-model"]),
        ("landbridge-store", &["landbridge-model"]),
        (
            "landbridge-hub",
            &[
                "landbridge-model",
                "landbridge-cache",
                "landbridge-store",
                "landbridge-fetch",
                "landbridge-media",
            ],
        ),
        ("landbridge-activitypub", BELOW_THE_EDGE),
        ("landbridge-atproto", BELOW_THE_EDGE),
        ("landbridge-nostr", BELOW_THE_EDGE),
        ("landbridge-mastodon", BELOW_THE_EDGE),
        ("landbridge-web", BELOW_THE_EDGE),
    ];
    const BELOW_THE_EDGE: &[&str] = &[
        "landbridge-model",
        "landbridge-cache",
        "landbridge-store",
        "landbridge-fetch",
        "landbridge-media",
        "landbridge-hub",
    ];

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

    /// Dependencies that no line of the package names, and why they are there.
    const UNNAMED: &[(&str, &str)] = &[];

    #[test]
    fn no_dependency_is_unused() {
        let metadata = metadata();
        let mut unused = Vec::new();
        for package in list(&metadata, "packages").iter().filter(|p| p["source"].is_null()) {
            let (mut shipped, mut all) = (String::new(), String::new());
            let folder = Path::new(text(package, "manifest_path")).parent().unwrap();
            for (part, ships) in [
                ("src", true),
                ("tests", false),
                ("benches", false),
                ("examples", false),
                ("fuzz_targets", true),
            ] {
                let mut files = Vec::new();
                if folder.join(part).exists() {
                    sources(&folder.join(part), &mut files);
                }
                for file in files {
                    let source = fs::read_to_string(file).unwrap();
                    all.push_str(&source);
                    shipped.push_str(if ships { &source } else { "" });
                }
            }
            for dependency in list(package, "dependencies") {
                let name =
                    dependency["rename"].as_str().unwrap_or(text(dependency, "name")).replace('-', "_");
                let source = if text(dependency, "kind") == "dev" { &all } else { &shipped };
                let pair = (text(package, "name"), text(dependency, "name"));
                if !names(source, &name) && !UNNAMED.contains(&pair) {
                    unused.push(pair);
                }
            }
        }
        assert!(unused.is_empty(), "unused dependencies: {unused:?}");
    }

    /// Whether the crate occurs as a word.
    fn names(source: &str, krate: &str) -> bool {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        source.match_indices(krate).any(|(at, _)| {
            let (before, after) = (source.get(..at).unwrap(), source.get(at + krate.len()..).unwrap());
            let path = after.starts_with("::") || after.starts_with(';') || after.starts_with(" as ");
            path && !before.ends_with(part)
        })
    }

    #[test]
    fn licences_and_versions_are_as_deny_toml_says() {
        crate::licences::run().unwrap();
    }

    #[test]
    fn files_stay_small() {
        let mut lengths = Vec::new();
        for folder in ["crates", "xtask", "tests", "benches", "fuzz"] {
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
        let mut files = Vec::new();
        sources(folder, &mut files);
        lengths
            .extend(files.into_iter().map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path)));
    }

    fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, files);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
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
