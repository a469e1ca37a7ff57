//! What parent and child say to each other: a length (4 bytes, big-endian), that much JSON, then plain bytes.

use crate::{Limits, Purpose, Refusal, Sniffed};
use landbridge_model::MediaMeta;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io;

/// Longest JSON head, in bytes.
const MAX_HEAD: usize = 64 << 10;

/// Parent to child; the file's bytes follow until the end of the input.
#[derive(Serialize, Deserialize)]
pub struct Request {
    pub purpose: Purpose,
    pub limits: Limits,
}

/// Child to parent.
#[derive(Serialize, Deserialize)]
pub enum Answer {
    /// `file` bytes of the file and `preview` bytes of its preview follow.
    Done {
        what: Sniffed,
        meta: MediaMeta,
        file: usize,
        preview: Option<(Sniffed, usize)>,
    },
    Refused(Refusal),
}

/// What is to be kept of a file.
pub struct Done {
    pub what: Sniffed,
    /// Size and hash are not filled in.
    pub meta: MediaMeta,
    pub file: Vec<u8>,
    /// `None`: the file is small enough to be its own preview, or there is none.
    pub preview: Option<(Sniffed, Vec<u8>)>,
}

/// The head of a message, ready to be written before its bytes.
pub fn head<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(message)?;
    let len = u32::try_from(json.len()).map_err(io::Error::other)?;
    Ok([&len.to_be_bytes()[..], &json].concat())
}

/// A whole message: its head, and the bytes behind it.
pub fn parse<T: DeserializeOwned>(message: &[u8]) -> io::Result<(T, &[u8])> {
    let (len, rest) = message.split_first_chunk::<4>().ok_or(io::ErrorKind::UnexpectedEof)?;
    let len = u32::from_be_bytes(*len) as usize;
    if len > MAX_HEAD {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let (json, rest) = rest.split_at_checked(len).ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((serde_json::from_slice(json)?, rest))
}

impl Answer {
    /// The answer with its bytes.
    pub fn write(result: Result<Done, Refusal>, out: &mut impl io::Write) -> io::Result<()> {
        match result {
            Err(refusal) => out.write_all(&head(&Answer::Refused(refusal))?)?,
            Ok(done) => {
                let preview = done.preview.as_ref().map(|(what, bytes)| (*what, bytes.len()));
                out.write_all(&head(&Answer::Done {
                    what: done.what,
                    meta: done.meta,
                    file: done.file.len(),
                    preview,
                })?)?;
                out.write_all(&done.file)?;
                if let Some((_, bytes)) = &done.preview {
                    out.write_all(bytes)?;
                }
            }
        }
        out.flush()
    }

    /// Reads what [`Answer::write`] wrote.
    pub fn read(message: &[u8]) -> io::Result<Result<Done, Refusal>> {
        let (answer, bytes) = parse::<Answer>(message)?;
        match answer {
            Answer::Refused(refusal) => Ok(Err(refusal)),
            Answer::Done { what, meta, file, preview } => {
                let (file, rest) = bytes.split_at_checked(file).ok_or(io::ErrorKind::UnexpectedEof)?;
                let preview = match preview {
                    Some((what, len)) if len == rest.len() => Some((what, rest.to_vec())),
                    None if rest.is_empty() => None,
                    _ => return Err(io::ErrorKind::InvalidData.into()),
                };
                Ok(Ok(Done { what, meta, file: file.to_vec(), preview }))
            }
        }
    }
}
