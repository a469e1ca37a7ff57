//! Animated GIF: every frame is decoded to be sure of it, then the file is written anew from its image blocks only
//! (<https://www.w3.org/Graphics/GIF/spec-gif89a.txt>): no comments, no XMP, nothing behind the end.

use super::picture;
use crate::{Limits, Purpose, Refusal, Sniffed, worker::Done};
use image::{AnimationDecoder, DynamicImage, ImageDecoder, codecs::gif::GifDecoder};
use std::io::Cursor;

/// Reads a GIF; one without movement becomes a still picture.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Done, Refusal> {
    let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(picture::refusal)?;
    decoder.set_limits(picture::decoder_limits(limits)).map_err(picture::refusal)?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > limits.pixels {
        return Err(Refusal::TooManyPixels);
    }
    let mut first = None;
    let mut frames = 0u32;
    for frame in decoder.into_frames() {
        let frame = frame.map_err(picture::refusal)?;
        frames += 1;
        if frames > limits.frames || pixels * u64::from(frames) > limits.animation_pixels {
            return Err(Refusal::TooManyFrames);
        }
        first.get_or_insert(frame);
    }
    let first = first.ok_or(Refusal::Damaged)?;
    if frames == 1 {
        return picture::read(bytes, Sniffed::Gif, Purpose::Attachment, limits);
    }
    let shown = picture::to_8_bit(DynamicImage::ImageRgba8(first.into_buffer()));
    let meta = picture::describe(&shown)?;
    let file = rewrite(bytes).ok_or(Refusal::Damaged)?;
    picture::finish(Sniffed::Gif, file, meta, &shown, None, limits)
}

/// Copies header, colour tables, graphic controls, image data and the loop count; drops everything else.
fn rewrite(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut input = Input { bytes, at: 0 };
    let mut out = Vec::with_capacity(bytes.len());
    let header = input.take(13)?;
    out.extend_from_slice(header);
    out.extend_from_slice(input.take(colour_table(*header.get(10)?))?);
    loop {
        match input.take(1)? {
            [0x21] => {
                let label = *input.take(1)?.first()?;
                let body = input.sub_blocks()?;
                let loops = label == 0xff
                    && (body.starts_with(b"\x0bNETSCAPE2.0") || body.starts_with(b"\x0bANIMEXTS1.0"));
                if label == 0xf9 || loops {
                    out.extend_from_slice(&[0x21, label]);
                    out.extend_from_slice(body);
                }
            }
            [0x2c] => {
                let descriptor = input.take(9)?;
                out.push(0x2c);
                out.extend_from_slice(descriptor);
                out.extend_from_slice(input.take(colour_table(*descriptor.get(8)?))?);
                out.extend_from_slice(input.take(1)?);
                out.extend_from_slice(input.sub_blocks()?);
            }
            [0x3b] => {
                out.push(0x3b);
                return Some(out);
            }
            _ => return None,
        }
    }
}

/// Bytes of the colour table that packed fields announce.
fn colour_table(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}

struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(n)?)?;
        self.at += n;
        Some(taken)
    }

    /// Length-prefixed blocks up to and with the empty one that ends them.
    fn sub_blocks(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        while let Some(len) = self.take(1)?.first().filter(|len| **len > 0) {
            self.take(usize::from(*len))?;
        }
        self.bytes.get(start..self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Delay, Frame, Rgba, RgbaImage, codecs::gif::GifEncoder};

    /// Two frames, with a comment before the end and a ZIP behind it.
    fn animated() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        for colour in [[255, 0, 0, 255], [0, 0, 255, 255]] {
            let frame = RgbaImage::from_pixel(40, 30, Rgba(colour));
            encoder.encode_frame(Frame::from_parts(frame, 0, 0, Delay::from_numer_denom_ms(100, 1))).unwrap();
        }
        drop(encoder);
        assert_eq!(bytes.pop(), Some(0x3b));
        bytes.extend_from_slice(b"\x21\xfe\x06secret\x00\x3bPK\x03\x04tail");
        bytes
    }

    #[test]
    fn movement_stays_and_the_rest_goes() {
        let done = read(&animated(), &Limits::default()).unwrap();
        assert_eq!(done.what, Sniffed::Gif);
        assert!(!done.file.windows(6).any(|w| w == b"secret") && !done.file.windows(2).any(|w| w == b"PK"));
        let frames =
            GifDecoder::new(Cursor::new(&done.file)).unwrap().into_frames().collect_frames().unwrap();
        assert_eq!(frames.len(), 2);
        assert_eq!(done.preview.map(|(what, _)| what), Some(Sniffed::Jpeg));
        assert_eq!((done.meta.width, done.meta.height), (Some(40), Some(30)));
    }

    #[test]
    fn too_many_frames_are_refused() {
        let limits = Limits { frames: 1, ..Limits::default() };
        assert_eq!(read(&animated(), &limits).err(), Some(Refusal::TooManyFrames));
        let limits = Limits { animation_pixels: 1300, ..Limits::default() };
        assert_eq!(read(&animated(), &limits).err(), Some(Refusal::TooManyFrames));
    }

    #[test]
    fn no_cut_is_a_panic() {
        let bytes = animated();
        for end in 0..bytes.len() {
            let _ = rewrite(&bytes[..end]);
            let _ = read(&bytes[..end], &Limits::default());
        }
    }
}
