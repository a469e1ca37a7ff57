//! What a file is, by its first bytes: <https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern>.
//!
//! SVG and other text never match: they can carry scripts.

use landbridge_model::MediaKind;
use serde::{Deserialize, Serialize};

/// A kind of file that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sniffed {
    Png,
    Jpeg,
    Gif,
    Webp,
    Mp4,
    Mov,
    M4a,
    Webm,
    Ogg,
    Mp3,
    Flac,
    Wav,
}

use Sniffed::*;

/// Type, its extension, its MIME type.
const NAMES: [(Sniffed, &str, &str); 12] = [
    (Png, "png", "image/png"),
    (Jpeg, "jpg", "image/jpeg"),
    (Gif, "gif", "image/gif"),
    (Webp, "webp", "image/webp"),
    (Mp4, "mp4", "video/mp4"),
    (Mov, "mov", "video/quicktime"),
    (M4a, "m4a", "audio/mp4"),
    (Webm, "webm", "video/webm"),
    (Ogg, "ogg", "audio/ogg"),
    (Mp3, "mp3", "audio/mpeg"),
    (Flac, "flac", "audio/flac"),
    (Wav, "wav", "audio/wav"),
];

impl Sniffed {
    /// Reads the first bytes; `None`: not a kind that we take.
    pub fn of(bytes: &[u8]) -> Option<Sniffed> {
        let at = |from: usize, what: &[u8]| bytes.get(from..).is_some_and(|rest| rest.starts_with(what));
        if at(0, b"\x89PNG\r\n\x1a\n") {
            Some(Png)
        } else if at(0, b"\xff\xd8\xff") {
            Some(Jpeg)
        } else if at(0, b"GIF87a") || at(0, b"GIF89a") {
            Some(Gif)
        } else if at(0, b"RIFF") && at(8, b"WEBP") {
            Some(Webp)
        } else if at(0, b"RIFF") && at(8, b"WAVE") {
            Some(Wav)
        } else if at(4, b"ftyp") {
            iso_media(bytes.get(8..12)?)
        } else if at(0, b"\x1a\x45\xdf\xa3") {
            bytes.get(..64).unwrap_or(bytes).windows(4).any(|w| w == b"webm").then_some(Webm)
        } else if at(0, b"OggS") {
            Some(Ogg)
        } else if at(0, b"fLaC") {
            Some(Flac)
        } else if at(0, b"ID3") || mpeg_audio_frame(bytes) {
            Some(Mp3)
        } else {
            None
        }
    }

    /// Without the dot.
    pub fn extension(self) -> &'static str {
        NAMES.iter().find(|n| n.0 == self).map_or("bin", |n| n.1)
    }

    pub fn mime(self) -> &'static str {
        NAMES.iter().find(|n| n.0 == self).map_or("application/octet-stream", |n| n.2)
    }

    /// Endings of all names of files that somebody has looked at.
    pub fn extensions() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|n| n.1)
    }

    /// The MIME type of one of our own file names.
    pub fn mime_of_extension(extension: &str) -> Option<&'static str> {
        NAMES.iter().find(|n| n.1 == extension).map(|n| n.2)
    }

    pub fn kind(self) -> MediaKind {
        match self {
            Png | Jpeg | Gif | Webp => MediaKind::Image,
            Mp4 | Mov | Webm => MediaKind::Video,
            M4a | Ogg | Mp3 | Flac | Wav => MediaKind::Audio,
        }
    }
}

/// Brands that browsers play; HEIC and AVIF have the same container and are not among them.
fn iso_media(brand: &[u8]) -> Option<Sniffed> {
    match brand {
        b"M4A " | b"M4B " => Some(M4a),
        b"qt  " => Some(Mov),
        b"isom" | b"iso2" | b"iso3" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1" | b"M4V "
        | b"M4VP" | b"MSNV" | b"dash" | b"3gp4" | b"3gp5" | b"3gp6" => Some(Mp4),
        _ => None,
    }
}

/// Two frame headers of MPEG audio layer 3, the second where the first says: one alone is too weak a sign.
fn mpeg_audio_frame(bytes: &[u8]) -> bool {
    frame_length(bytes).and_then(|len| bytes.get(len..)).is_some_and(|next| frame_length(next).is_some())
}

/// Bytes of the MPEG audio layer 3 frame that starts here (ISO/IEC 11172-3, 2.4.2.3).
fn frame_length(bytes: &[u8]) -> Option<usize> {
    let &[a, b, c, _, ..] = bytes else { return None };
    let (version, layer) = ((b >> 3) & 3, (b >> 1) & 3);
    if a != 0xff || b & 0xe0 != 0xe0 || version == 1 || layer != 1 {
        return None;
    }
    let kbits: [usize; 16] = match version {
        3 => [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
        _ => [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
    };
    let rate = *[44_100, 48_000, 32_000].get(usize::from((c >> 2) & 3))?;
    let rate = match version {
        3 => rate,
        2 => rate / 2,
        _ => rate / 4,
    };
    let bits = *kbits.get(usize::from(c >> 4)).filter(|k| **k > 0)? * 1000;
    let samples_by_8 = if version == 3 { 144 } else { 72 };
    Some(samples_by_8 * bits / rate + usize::from((c >> 1) & 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_programs_are_nothing() {
        for bytes in [
            &b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"[..],
            b"<?xml version=\"1.0\"?><svg/>",
            b"<!doctype html>",
            b"\x7fELF",
            b"%PDF-1.7",
            b"PK\x03\x04",
            b"",
            b"\x00\x00\x00\x18ftypheic",
            b"\x00\x00\x00\x18ftypavif",
            b"\xff\xfb\x90\x00not a second frame",
        ] {
            assert_eq!(Sniffed::of(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn mpeg_audio_needs_two_frames() {
        // MPEG 1, layer 3, 128 kbit/s, 44.1 kHz: 417 bytes.
        let mut bytes = vec![0u8; 1000];
        bytes[..4].copy_from_slice(b"\xff\xfb\x90\x00");
        assert_eq!(Sniffed::of(&bytes), None);
        bytes[417..421].copy_from_slice(b"\xff\xfb\x90\x00");
        assert_eq!(Sniffed::of(&bytes), Some(Mp3));
    }
}
