//! What apps send, and files.

use crate::{checks, choice, text};
use landbridge_mastodon::fuzzing;
use landbridge_media::{Limits, Purpose, Sniffed};
use landbridge_model::MediaKind;

/// Parameters as query, form, JSON and multipart; scopes, redirects, secrets, streams.
pub fn params(data: &[u8]) {
    let Some((first, rest)) = choice(data) else { return };
    let kind = match first % 8 {
        0 => "application/x-www-form-urlencoded",
        1 => "application/json",
        2 => "multipart/form-data; boundary=x",
        _ => return alone(first % 8, rest),
    };
    let mut lines = rest.splitn(2, |b| *b == b'\n');
    let query = lines.next().and_then(text).unwrap_or_default();
    let body = lines.next().unwrap_or_default();
    let Some(shape) = fuzzing::params(query, kind, body) else { return };
    // Brackets deepen by eight at most, JSON by itself and by eight for each of its names.
    assert!(shape.values <= 2 * data.len() + 2_000, "{} values", shape.values);
    assert!(shape.text <= 4 * data.len() + 100, "{} bytes", shape.text);
}

fn alone(which: u8, rest: &[u8]) {
    let Some(text) = text(rest) else { return };
    match which {
        3 => {
            if let Some(scopes) = fuzzing::scopes(text) {
                assert_eq!(fuzzing::scopes(&scopes).as_ref(), Some(&scopes));
            }
        }
        4 => {
            let bare: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
            let runs =
                |scheme: &&str| bare.get(..scheme.len()).is_some_and(|b| b.eq_ignore_ascii_case(scheme));
            assert!(!(fuzzing::redirect(text) && ["javascript:", "data:"].iter().any(runs)), "{text:?}");
        }
        5 => fuzzing::basic(text),
        6 => fuzzing::stream(text),
        _ => {
            let size = u64::from(rest.len() as u32 % 50);
            if let Some((from, to)) = landbridge_media::fuzzing::range(text, size) {
                assert!(from <= to && to < size);
            }
        }
    }
}

/// Files: told apart, taken apart, made anew. What was made anew is read again alike.
pub fn media(data: &[u8]) {
    let Some((first, file)) = choice(data) else { return };
    let limits = Limits {
        pixels: 1 << 16,
        side: 1 << 10,
        frames: 8,
        animation_pixels: 1 << 18,
        kept_pixels: 1 << 13,
        preview_side: 64,
        memory: 64 << 20,
        ..Limits::default()
    };
    let purpose = match first % 4 {
        0 => Purpose::Avatar,
        1 => Purpose::Header,
        _ => Purpose::Attachment,
    };
    let Ok(kept) = landbridge_media::fuzzing::read(file, purpose, &limits) else { return };
    assert_eq!(Sniffed::of(&kept.file), Some(kept.what));
    checks::meta(&kept.meta);
    let again = landbridge_media::fuzzing::read(&kept.file, purpose, &limits);
    let again = again.unwrap_or_else(|e| panic!("what was kept is refused: {e}"));
    assert_eq!((again.meta.width, again.meta.height), (kept.meta.width, kept.meta.height));
    if kept.what.kind() != MediaKind::Image {
        assert_eq!(kept.file.len(), file.len());
        assert!(again.file == kept.file);
    }
    if let Some((what, preview)) = &kept.preview {
        assert_eq!(Sniffed::of(preview), Some(*what));
    }
}
