//! Reads the vectors.

use serde_json::Value;
use std::{fs, path::PathBuf};

pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name)
}

/// Lines that are not empty and no comment, exactly as they stand: some are about white space.
pub fn lines(name: &str) -> Vec<String> {
    let text = fs::read_to_string(path(name)).unwrap();
    let lines: Vec<_> =
        text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')).map(str::to_owned).collect();
    assert!(!lines.is_empty(), "{name} is empty");
    lines
}

pub fn json(name: &str) -> Vec<Value> {
    let Value::Array(list) = serde_json::from_slice(&fs::read(path(name)).unwrap()).unwrap() else {
        panic!("{name} is no list")
    };
    assert!(!list.is_empty(), "{name} is empty");
    list
}

/// base64 without padding.
pub fn base64(value: &Value) -> Vec<u8> {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    STANDARD_NO_PAD.decode(value.as_str().unwrap().trim_end_matches('=')).unwrap()
}
