//! Record keys: the name of a record in its collection (<https://atproto.com/specs/record-key>).

use super::{SyntaxError, Tid, checked_string};

/// A record key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey(Box<str>);

checked_string!(RecordKey);

impl RecordKey {
    /// 1 to 512 of `[a-zA-Z0-9.:_~-]`, but not `.` or `..`.
    pub fn parse(text: &str) -> Result<RecordKey, SyntaxError> {
        let no = |why| Err(SyntaxError { kind: "record key", why });
        if !(1..=512).contains(&text.len()) {
            return no("not 1 to 512 characters");
        }
        if text == "." || text == ".." {
            return no("a path segment");
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b".:_~-".contains(&b)) {
            return no("a character outside a-z A-Z 0-9 . : _ ~ -");
        }
        Ok(RecordKey(text.into()))
    }
}

impl From<Tid> for RecordKey {
    fn from(tid: Tid) -> RecordKey {
        RecordKey(tid.to_string().into())
    }
}
