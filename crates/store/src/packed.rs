//! Many rows in one buffer.

use crate::{Row, StoreError, Value};

/// The rows of an answer, for those who read many of them once: all columns stand in one buffer, instead of each in a place of
/// its own that one thread makes and another gives back. Columns are texts and bytes; NULL reads as nothing.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    bytes: Vec<u8>,
    /// Where each column ends, row by row.
    ends: Vec<usize>,
    columns: usize,
}

impl Packed {
    pub(crate) fn new(columns: usize) -> Packed {
        Packed { columns, ..Packed::default() }
    }

    pub(crate) fn push(&mut self, column: &[u8]) {
        self.bytes.extend_from_slice(column);
        self.ends.push(self.bytes.len());
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len().checked_div(self.columns).unwrap_or(0)
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A column of a row, both counted from 0; nothing where there is none.
    pub fn get(&self, row: usize, column: usize) -> &[u8] {
        if column >= self.columns {
            return &[];
        }
        let at = row.saturating_mul(self.columns).saturating_add(column);
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(at).copied()).map(|(start, end)| start..end);
        range.and_then(|range| self.bytes.get(range)).unwrap_or_default()
    }
}

impl TryFrom<Vec<Row>> for Packed {
    type Error = StoreError;

    fn try_from(rows: Vec<Row>) -> Result<Packed, StoreError> {
        let mut packed = Packed::new(rows.first().map_or(0, Row::len));
        for (column, value) in rows.iter().flat_map(|row| row.0.iter().enumerate()) {
            match value {
                Value::Text(text) => packed.push(text.as_bytes()),
                Value::Bytes(bytes) => packed.push(bytes),
                Value::Null => packed.push(&[]),
                Value::Int(_) => {
                    return Err(StoreError::Column { column, wanted: "text or bytes", found: "an integer" });
                }
            }
        }
        Ok(packed)
    }
}
