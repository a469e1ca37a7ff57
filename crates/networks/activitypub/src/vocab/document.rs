//! From bytes to a JSON value, with depth and count bounded before anything is allocated.

use serde_json::Value;

/// Largest document taken in, bytes.
pub const MAX_BODY: usize = 1 << 20;
const MAX_DEPTH: usize = 32;
/// Values in one document. Collections of a few thousand ids pass; a tag list of 100,000 entries does not.
const MAX_VALUES: usize = 20_000;

#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum TooMuch {
    #[error("the document is larger than {MAX_BODY} bytes")]
    Size,
    #[error("the document is nested deeper than {MAX_DEPTH}")]
    Depth,
    #[error("the document has more than {MAX_VALUES} values")]
    Values,
    #[error("not JSON: an object was expected")]
    NotJson,
}

/// Parses a document. Refusing an oversized one costs one pass over its bytes.
pub fn parse(bytes: &[u8]) -> Result<Value, TooMuch> {
    measure(bytes)?;
    match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(TooMuch::NotJson),
    }
}

fn measure(bytes: &[u8]) -> Result<(), TooMuch> {
    if bytes.len() > MAX_BODY {
        return Err(TooMuch::Size);
    }
    let (mut depth, mut values) = (0_usize, 0_usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in bytes {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(TooMuch::Depth);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' | b':' => {
                values += 1;
                if values > MAX_VALUES {
                    return Err(TooMuch::Values);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        assert!(parse(br#"{"a":"[[[[\"{{{{,,,"}"#).is_ok());
        assert_eq!(parse(format!("{{\"a\":{}", "[".repeat(100_000)).as_bytes()), Err(TooMuch::Depth));
        assert_eq!(
            parse(format!("{{\"tag\":[{}1]}}", "1,".repeat(100_000)).as_bytes()),
            Err(TooMuch::Values)
        );
        assert_eq!(parse(&vec![b' '; MAX_BODY + 1]), Err(TooMuch::Size));
        for bad in [&b""[..], b"[]", b"null", b"{", b"{\"a\":\xff\xfe}", b"\0"] {
            assert_eq!(parse(bad), Err(TooMuch::NotJson));
        }
    }
}
