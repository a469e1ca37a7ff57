//! What is done to a file, by its kind. Runs in the child.

use super::Done;
use crate::{Limits, Purpose, Refusal, Sniffed, formats};
use landbridge_model::{MediaKind, MediaMeta};

/// Checks the file and makes what is to be kept of it.
pub fn run(bytes: &[u8], purpose: Purpose, limits: &Limits) -> Result<Done, Refusal> {
    let what = check(bytes, purpose, limits)?;
    match what {
        Sniffed::Gif if purpose == Purpose::Attachment => formats::gif::read(bytes, limits),
        Sniffed::Png | Sniffed::Jpeg | Sniffed::Gif | Sniffed::Webp => {
            formats::picture::read(bytes, what, purpose, limits)
        }
        Sniffed::Mp4 | Sniffed::Mov | Sniffed::M4a => formats::mp4::read(bytes, what),
        _ => Ok(Done { what, meta: MediaMeta::default(), file: bytes.to_vec(), preview: None }),
    }
}

/// What can be said without decoding; the parent asks this too, before it starts anything.
pub fn check(bytes: &[u8], purpose: Purpose, limits: &Limits) -> Result<Sniffed, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    let what = Sniffed::of(bytes).ok_or(Refusal::UnknownType)?;
    let is_picture = what.kind() == MediaKind::Image;
    if !is_picture && purpose != Purpose::Attachment {
        return Err(Refusal::NotAPicture);
    }
    let most = if is_picture { limits.image_bytes } else { limits.video_bytes };
    if bytes.len() > most { Err(Refusal::TooBig) } else { Ok(what) }
}
