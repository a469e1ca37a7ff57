//! MP4 and QuickTime (ISO/IEC 14496-12): length and size are read from the boxes, and the boxes that tell where and
//! by whom it was filmed are blanked in place (their type becomes `free`, their content zeros), so that no offset in
//! the file moves.

use crate::{Refusal, Sniffed, worker::Done};
use landbridge_model::MediaMeta;
use std::ops::Range;

/// Deepest nesting of boxes that is followed; `moov/trak/mdia/minf` is 4.
const MAX_DEPTH: u32 = 6;
/// Most boxes that are looked at.
const MAX_BOXES: u32 = 20_000;

/// Reads a file of this family; whether it plays is for the player to say.
pub fn read(bytes: &[u8], what: Sniffed) -> Result<Done, Refusal> {
    let mut walk = Walk { file: bytes.to_vec(), meta: MediaMeta::default(), boxes: 0, has_moov: false };
    let len = walk.file.len();
    walk.boxes(0..len, 0).ok_or(Refusal::Damaged)?;
    if !walk.has_moov {
        return Err(Refusal::Damaged);
    }
    Ok(Done { what, meta: walk.meta, file: walk.file, preview: None })
}

struct Walk {
    file: Vec<u8>,
    meta: MediaMeta,
    boxes: u32,
    has_moov: bool,
}

impl Walk {
    fn boxes(&mut self, within: Range<usize>, depth: u32) -> Option<()> {
        let mut at = within.start;
        while at.checked_add(8)? <= within.end {
            self.boxes += 1;
            if self.boxes > MAX_BOXES || depth > MAX_DEPTH {
                return None;
            }
            let kind: [u8; 4] = self.array(at + 4)?;
            let (content, end) = match u32::from_be_bytes(self.array(at)?) {
                0 => (at + 8, within.end),
                1 => {
                    (at + 16, at.checked_add(usize::try_from(u64::from_be_bytes(self.array(at + 8)?)).ok()?)?)
                }
                len => (at + 8, at.checked_add(len as usize)?),
            };
            if end > within.end || end < content {
                return None;
            }
            self.one(&kind, at, content..end, depth)?;
            at = end;
        }
        Some(())
    }

    fn one(&mut self, kind: &[u8; 4], start: usize, content: Range<usize>, depth: u32) -> Option<()> {
        match kind {
            b"moov" => {
                self.has_moov = true;
                self.boxes(content, depth + 1)?;
            }
            b"trak" => self.boxes(content, depth + 1)?,
            b"udta" | b"meta" | b"uuid" => {
                self.file.get_mut(start + 4..start + 8)?.copy_from_slice(b"free");
                self.file.get_mut(content)?.fill(0);
            }
            b"mvhd" => self.meta.duration = self.duration(content.start).or(self.meta.duration),
            b"tkhd" => self.track_size(content),
            _ => {}
        }
        Some(())
    }

    /// Seconds, from the movie header.
    fn duration(&self, at: usize) -> Option<f32> {
        let (scale, length) = match self.file.get(at)? {
            0 => (
                u32::from_be_bytes(self.array(at + 12)?),
                u64::from(u32::from_be_bytes(self.array(at + 16)?)),
            ),
            _ => (u32::from_be_bytes(self.array(at + 20)?), u64::from_be_bytes(self.array(at + 24)?)),
        };
        let seconds = length as f64 / f64::from(scale);
        (scale > 0 && seconds > 0.0 && seconds < 1e6).then_some(seconds as f32)
    }

    /// Width and height end a track header, as 16.16 numbers; the matrix before them may lay a track on its side.
    fn track_size(&mut self, content: Range<usize>) {
        let number = |from_end: usize| {
            content.end.checked_sub(from_end).and_then(|at| self.array(at)).map(i32::from_be_bytes)
        };
        let (Some(w), Some(h), Some(a), Some(b)) = (number(8), number(4), number(44), number(40)) else {
            return;
        };
        let (w, h) = (w.unsigned_abs() >> 16, h.unsigned_abs() >> 16);
        if w > 0 && h > 0 && self.meta.width.is_none() {
            let (w, h) = if a == 0 && b != 0 { (h, w) } else { (w, h) };
            (self.meta.width, self.meta.height) = (Some(w), Some(h));
        }
    }

    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.file.get(at..at.checked_add(N)?)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
    }

    fn film() -> Vec<u8> {
        let mut mvhd = vec![0u8; 100];
        mvhd[12..16].copy_from_slice(&1000u32.to_be_bytes());
        mvhd[16..20].copy_from_slice(&2500u32.to_be_bytes());
        let mut tkhd = vec![0u8; 84];
        // Lying on its side: a 90 degree matrix.
        tkhd[44..48].copy_from_slice(&(1i32 << 16).to_be_bytes());
        tkhd[76..80].copy_from_slice(&(640u32 << 16).to_be_bytes());
        tkhd[80..84].copy_from_slice(&(360u32 << 16).to_be_bytes());
        let trak = boxed(b"trak", &[boxed(b"tkhd", &tkhd), boxed(b"udta", b"camera of Ada")].concat());
        let moov = boxed(b"moov", &[boxed(b"mvhd", &mvhd), trak, boxed(b"udta", b"+52.5+013.4/")].concat());
        [boxed(b"ftyp", b"isom\0\0\0\0"), moov, boxed(b"mdat", b"frames")].concat()
    }

    #[test]
    fn facts_are_read_and_places_blanked() {
        let film = film();
        let done = read(&film, Sniffed::Mp4).unwrap();
        assert_eq!(done.meta.duration, Some(2.5));
        assert_eq!((done.meta.width, done.meta.height), (Some(360), Some(640)));
        assert_eq!(done.file.len(), film.len());
        for secret in [&b"+52.5"[..], b"Ada", b"udta"] {
            assert!(!done.file.windows(secret.len()).any(|w| w == secret));
        }
        assert!(done.file.ends_with(b"frames"));
    }

    #[test]
    fn no_cut_or_flip_is_a_panic() {
        let film = film();
        for end in 0..film.len() {
            let _ = read(&film[..end], Sniffed::Mp4);
            let mut bent = film.clone();
            bent[end] ^= 0xff;
            let _ = read(&bent, Sniffed::Mp4);
        }
        assert!(read(&film[..40], Sniffed::Mp4).is_err());
    }
}
