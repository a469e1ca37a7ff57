//! Still pictures: decoded within bounds, turned upright, made small enough, encoded anew.
//!
//! Nothing of the sent file but pixels and the colour profile is kept, so place, time and camera are gone.

use crate::{
    Limits, Purpose, Refusal, Sniffed,
    limits::{SMALL_BYTES, SMALL_SIDE},
    worker::Done,
};
use fast_image_resize::{ResizeOptions, Resizer};
use image::{
    DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    metadata::Orientation,
};
use landbridge_model::MediaMeta;
use std::io::Cursor;

/// JPEG quality of what is kept and of previews, of 100.
const QUALITY: u8 = 88;
const PREVIEW_QUALITY: u8 = 80;

/// Longest colour profile that is kept, in bytes; those for printing are far longer and mean nothing on a screen.
const MAX_PROFILE: usize = 32 << 10;

/// Reads a picture; of an animated one, the first frame.
pub fn read(bytes: &[u8], what: Sniffed, purpose: Purpose, limits: &Limits) -> Result<Done, Refusal> {
    let (picture, profile) = decode(bytes, what, limits)?;
    let kept = fit(picture, purpose, limits)?;
    if purpose == Purpose::Small {
        return small(kept, what, profile.as_deref());
    }
    let meta = describe(&kept)?;
    let (what, file) = encode(&kept, QUALITY, what == Sniffed::Jpeg, profile.as_deref())?;
    finish(what, file, meta, &kept, profile.as_deref(), limits)
}

/// As few bytes as it takes: worse quality first, then fewer pixels.
fn small(mut picture: DynamicImage, what: Sniffed, profile: Option<&[u8]>) -> Result<Done, Refusal> {
    loop {
        for (quality, prefer_jpeg) in [(QUALITY, what == Sniffed::Jpeg), (75, true), (60, true)] {
            let (what, file) = encode(&picture, quality, prefer_jpeg, profile)?;
            if file.len() <= SMALL_BYTES {
                let (width, height) = (Some(picture.width()), Some(picture.height()));
                let meta = MediaMeta { width, height, ..MediaMeta::default() };
                return Ok(Done { what, meta, file, preview: None });
            }
        }
        let (w, h) = (picture.width() * 2 / 3, picture.height() * 2 / 3);
        picture = resize(&picture, w.max(1), h.max(1), false)?;
    }
}

/// Adds the preview; a picture that is small already is its own.
pub fn finish(
    what: Sniffed,
    file: Vec<u8>,
    mut meta: MediaMeta,
    shown: &DynamicImage,
    profile: Option<&[u8]>,
    limits: &Limits,
) -> Result<Done, Refusal> {
    let side = limits.preview_side;
    let is_small = shown.width() <= side && shown.height() <= side;
    let preview = if is_small && what != Sniffed::Gif {
        (meta.preview_width, meta.preview_height) = (meta.width, meta.height);
        None
    } else {
        let (w, h) = within(shown.width(), shown.height(), side, side);
        let small = resize(shown, w, h, false)?;
        (meta.preview_width, meta.preview_height) = (Some(w), Some(h));
        Some(encode(&small, PREVIEW_QUALITY, true, profile)?)
    };
    Ok(Done { what, meta, file, preview })
}

/// Dimensions and blurhash.
pub fn describe(picture: &DynamicImage) -> Result<MediaMeta, Refusal> {
    let (width, height) = (picture.width(), picture.height());
    let (w, h) = within(width, height, 32, 32);
    let tiny = resize(picture, w, h, false)?.into_rgba8();
    let (across, down) = if width >= height { (4, 3) } else { (3, 4) };
    let blurhash = blurhash::encode(across, down, w, h, tiny.as_raw()).ok();
    Ok(MediaMeta { width: Some(width), height: Some(height), blurhash, ..MediaMeta::default() })
}

/// Pixels, upright, as 8-bit RGB or RGBA; and a colour profile for screens.
fn decode(bytes: &[u8], what: Sniffed, limits: &Limits) -> Result<(DynamicImage, Option<Vec<u8>>), Refusal> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format(what)?);
    reader.limits(decoder_limits(limits));
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Refusal::Damaged);
    }
    if u64::from(width) * u64::from(height) > limits.pixels {
        return Err(Refusal::TooManyPixels);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let is_colour = decoder.color_type().has_color();
    // Bytes 16 to 20 name the colour space: a profile for CMYK would spoil the RGB that the decoder gives.
    let profile = decoder
        .icc_profile()
        .ok()
        .flatten()
        .filter(|p| is_colour && p.len() <= MAX_PROFILE && p.get(16..20) == Some(b"RGB "));
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    picture.apply_orientation(orientation);
    Ok((to_8_bit(picture), profile))
}

/// For the `image` crate: sides, and memory for the pixels and as much again.
pub fn decoder_limits(limits: &Limits) -> image::Limits {
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.side);
    bounds.max_image_height = Some(limits.side);
    bounds.max_alloc = Some(limits.memory / 2);
    bounds
}

pub fn refusal(error: image::ImageError) -> Refusal {
    if matches!(error, image::ImageError::Limits(_)) { Refusal::TooManyPixels } else { Refusal::Damaged }
}

fn format(what: Sniffed) -> Result<ImageFormat, Refusal> {
    match what {
        Sniffed::Png => Ok(ImageFormat::Png),
        Sniffed::Jpeg => Ok(ImageFormat::Jpeg),
        Sniffed::Gif => Ok(ImageFormat::Gif),
        Sniffed::Webp => Ok(ImageFormat::WebP),
        _ => Err(Refusal::NotAPicture),
    }
}

/// Drops an alpha channel that hides nothing, so that it can become a JPEG.
pub fn to_8_bit(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return DynamicImage::ImageRgb8(picture.into_rgb8());
    }
    let rgba = picture.into_rgba8();
    if rgba.pixels().all(|p| p.0[3] == u8::MAX) {
        DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(rgba).into_rgb8())
    } else {
        DynamicImage::ImageRgba8(rgba)
    }
}

/// The size that the purpose asks for; never bigger than it came.
fn fit(picture: DynamicImage, purpose: Purpose, limits: &Limits) -> Result<DynamicImage, Refusal> {
    let (w, h) = (picture.width(), picture.height());
    match purpose {
        Purpose::Avatar => {
            let side = w.min(h).min(400);
            resize(&picture, side, side, true)
        }
        Purpose::Small if w > SMALL_SIDE || h > SMALL_SIDE => {
            let (w, h) = within(w, h, SMALL_SIDE, SMALL_SIDE);
            resize(&picture, w, h, false)
        }
        Purpose::Header if w > 1500 || h > 500 => {
            let (w, h) = within(w, h, 1500, 500);
            resize(&picture, w, h, false)
        }
        Purpose::Attachment if u64::from(w) * u64::from(h) > limits.kept_pixels => {
            let scale = (limits.kept_pixels as f64 / (f64::from(w) * f64::from(h))).sqrt();
            let scaled = |side: u32| ((f64::from(side) * scale) as u32).max(1);
            resize(&picture, scaled(w), scaled(h), false)
        }
        _ => Ok(picture),
    }
}

/// The largest size of the same shape within a box; not larger than it is.
fn within(w: u32, h: u32, max_w: u32, max_h: u32) -> (u32, u32) {
    let scale = (f64::from(max_w) / f64::from(w)).min(f64::from(max_h) / f64::from(h)).min(1.0);
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    (scaled(w), scaled(h))
}

fn resize(picture: &DynamicImage, w: u32, h: u32, cut_to_shape: bool) -> Result<DynamicImage, Refusal> {
    if (picture.width(), picture.height()) == (w, h) {
        return Ok(picture.clone());
    }
    let mut out = DynamicImage::new(w, h, picture.color());
    let options = ResizeOptions::new();
    let options = if cut_to_shape { options.fit_into_destination(None) } else { options };
    Resizer::new().resize(picture, &mut out, &options).map_err(|_| Refusal::Damaged)?;
    Ok(out)
}

/// JPEG where nothing is see-through and either it came as one or is a photo; else PNG.
fn encode(
    picture: &DynamicImage,
    quality: u8,
    prefer_jpeg: bool,
    profile: Option<&[u8]>,
) -> Result<(Sniffed, Vec<u8>), Refusal> {
    let jpeg = || -> image::ImageResult<Vec<u8>> {
        let mut out = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut out, quality);
        if let Some(profile) = profile {
            let _ = encoder.set_icc_profile(profile.to_vec());
        }
        encoder.encode_image(picture)?;
        Ok(out)
    };
    let png = || -> image::ImageResult<Vec<u8>> {
        let mut out = Vec::new();
        let mut encoder = PngEncoder::new(&mut out);
        if let Some(profile) = profile {
            let _ = encoder.set_icc_profile(profile.to_vec());
        }
        encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), picture.color().into())?;
        Ok(out)
    };
    let damaged = |_| Refusal::Damaged;
    if picture.color().has_alpha() {
        return Ok((Sniffed::Png, png().map_err(damaged)?));
    }
    let small = jpeg().map_err(damaged)?;
    if prefer_jpeg {
        return Ok((Sniffed::Jpeg, small));
    }
    // Drawings and text stay sharp; a photo that came as PNG or lossless WebP would be many times as big.
    let exact = png().map_err(damaged)?;
    if exact.len() > small.len().saturating_mul(4) {
        Ok((Sniffed::Jpeg, small))
    } else {
        Ok((Sniffed::Png, exact))
    }
}
