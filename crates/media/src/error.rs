//! What can go wrong with a file.

use serde::{Deserialize, Serialize};

/// Why nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file's own fault; the text may be shown to whoever sent it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The process that decodes did not answer as it should.
    #[error("the media worker failed: {0}")]
    Worker(String),
    #[error("could not keep the file: {0}")]
    Storage(#[from] std::io::Error),
}

impl Error {
    /// The disk is full: nothing was acknowledged, and trying again later makes sense.
    pub fn is_full(&self) -> bool {
        matches!(self, Error::Storage(e) if matches!(e.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded))
    }
}

/// A file that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("the file is empty")]
    Empty,
    #[error("the file is too big")]
    TooBig,
    #[error(
        "this kind of file is not accepted (PNG, JPEG, GIF, WebP, MP4, WebM, Ogg, MP3, FLAC and WAV are)"
    )]
    UnknownType,
    #[error("only a picture can be used here")]
    NotAPicture,
    #[error("the picture has too many pixels")]
    TooManyPixels,
    #[error("the animation is too long")]
    TooManyFrames,
    #[error("the file is damaged")]
    Damaged,
    #[error("the file takes too long to read")]
    TooSlow,
}

impl Refusal {
    /// For counters.
    pub fn word(self) -> &'static str {
        match self {
            Refusal::Empty => "empty",
            Refusal::TooBig => "size",
            Refusal::UnknownType => "type",
            Refusal::NotAPicture => "not a picture",
            Refusal::TooManyPixels => "pixels",
            Refusal::TooManyFrames => "frames",
            Refusal::Damaged => "damaged",
            Refusal::TooSlow => "slow",
        }
    }
}
