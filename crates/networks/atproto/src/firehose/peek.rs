//! Whose frame it is, without reading the rest.

use super::{FrameError, MAX_SEQ, decode::header};

/// The least that must be known of an event to drop it and keep the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peek<'a> {
    /// Such as `#commit`.
    pub kind: &'a str,
    pub seq: u64,
    /// The text of the DID, not checked.
    pub did: &'a str,
}

/// Looks at the front of a message; `None` if it is not an event of an account. What stands behind is not looked at, so
/// this is no proof that the frame is good.
pub fn peek(message: &[u8]) -> Result<Option<Peek<'_>>, FrameError> {
    let (Some(kind), mut reader) = header(message)? else { return Ok(None) };
    let (mut seq, mut did) = (None, None);
    let mut keys = reader.map()?;
    while let Some(key) = keys.next(&mut reader)? {
        match key {
            "seq" => seq = u64::try_from(reader.int()?).ok().filter(|seq| *seq <= MAX_SEQ),
            "did" | "repo" => did = Some(reader.text()?),
            _ => reader.skip()?,
        }
        if let (Some(seq), Some(did)) = (seq, did) {
            return Ok(Some(Peek { kind, seq, did }));
        }
    }
    Ok(None)
}
