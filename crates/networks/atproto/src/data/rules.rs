//! The rules of the data model that hold whatever the lexicon says: `$type` and blobs.

use super::{BlobRef, Value};

/// Data that breaks a rule of the data model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("$type is not a text, or empty")]
    Type,
    #[error("a blob without a link to its bytes, a MIME type and a size")]
    Blob,
}

impl Value {
    /// Checks all objects in it.
    pub fn check(&self) -> Result<(), RuleError> {
        let mut found = Ok(());
        self.walk(&mut |value| {
            if found.is_ok() {
                found = check_object(value);
            }
        });
        found
    }
}

fn check_object(value: &Value) -> Result<(), RuleError> {
    let Value::Map(map) = value else { return Ok(()) };
    match map.get("$type") {
        None => Ok(()),
        Some(Value::Text(name)) if name == "blob" => {
            BlobRef::from_map(map).map(|_| ()).ok_or(RuleError::Blob)
        }
        Some(Value::Text(name)) if !name.is_empty() => Ok(()),
        Some(_) => Err(RuleError::Type),
    }
}
