//! Values bound to statements and read from rows.

use crate::StoreError;

/// A value bound to or read from a statement. All integers are 64-bit; booleans are the integers 0 and 1; times are
/// milliseconds since the Unix epoch. Text must not contain NUL: one of the engines cannot hold it, so neither takes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Value {
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "NULL",
            Value::Int(_) => "an integer",
            Value::Text(_) => "text",
            Value::Bytes(_) => "bytes",
        }
    }
}

/// `args![a, b, c]`: a `Vec<Value>` by `Value::from`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { ::std::vec![$($crate::Value::from($value)),*] };
}

/// What can be read from a column.
pub trait FromValue: Sized {
    /// Fails with the name of what was found when the column holds something else.
    fn from_value(value: Value) -> Result<Self, StoreError>;
}

/// One row of an answer. Values are taken out once, in any order.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// Takes the value of a column (counted from 0) out of the row; a column taken before reads as NULL.
    pub fn get<T: FromValue>(&mut self, column: usize) -> Result<T, StoreError> {
        let Some(slot) = self.0.get_mut(column) else {
            return Err(StoreError::Column { column, wanted: "a value", found: "the end of the row" });
        };
        T::from_value(std::mem::replace(slot, Value::Null)).map_err(|error| match error {
            StoreError::Column { wanted, found, .. } => StoreError::Column { column, wanted, found },
            other => other,
        })
    }

    /// How many columns the row has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn mismatch<T>(wanted: &'static str, found: &Value) -> Result<T, StoreError> {
    Err(StoreError::Column { column: 0, wanted, found: found.type_name() })
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Value, StoreError> {
        Ok(value)
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<i64, StoreError> {
        match value {
            Value::Int(n) => Ok(n),
            other => mismatch("an integer", &other),
        }
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<bool, StoreError> {
        Ok(i64::from_value(value)? != 0)
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<String, StoreError> {
        match value {
            Value::Text(text) => Ok(text),
            other => mismatch("text", &other),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Vec<u8>, StoreError> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            other => mismatch("bytes", &other),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Option<T>, StoreError> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

macro_rules! value_from {
    ($($from:ty => |$v:ident| $into:expr;)*) => {
        $(impl From<$from> for Value { fn from($v: $from) -> Value { $into } })*
    };
}

value_from! {
    i64 => |v| Value::Int(v);
    i32 => |v| Value::Int(v.into());
    u32 => |v| Value::Int(v.into());
    bool => |v| Value::Int(v.into());
    String => |v| Value::Text(v);
    &String => |v| Value::Text(v.clone());
    &str => |v| Value::Text(v.to_owned());
    Vec<u8> => |v| Value::Bytes(v);
    &Vec<u8> => |v| Value::Bytes(v.clone());
    &[u8] => |v| Value::Bytes(v.to_vec());
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Value {
        Value::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Null, Into::into)
    }
}
