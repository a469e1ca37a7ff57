//! Texts that are longer than a post may be.

use landbridge_model::{Mark, MarkKind, RichText};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// How long a text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextLimits {
    /// What a reader takes for characters.
    pub graphemes: usize,
    /// Bytes of UTF-8.
    pub bytes: usize,
}

/// The text of `app.bsky.feed.post`.
pub const POST: TextLimits = TextLimits { graphemes: 300, bytes: 3000 };

/// Whether the text is short enough.
pub fn fits(text: &str, limits: TextLimits) -> bool {
    prefix(text, limits) == text.len()
}

/// The text in pieces that are short enough, for a thread. It is cut between words where there are any, never inside a
/// grapheme (unless one alone is too long) and, if it can be helped, not inside a mention, link or tag. White space at
/// the cuts is dropped.
pub fn split(rich: &RichText, limits: TextLimits) -> Vec<RichText> {
    let text = rich.text.as_str();
    let mut pieces = Vec::new();
    let mut at = skip_space(text, 0);
    while at < text.len() {
        let end = piece_end(rich, at, limits);
        let piece = slice(rich, at..end);
        if !piece.is_empty() {
            pieces.push(piece);
        }
        at = skip_space(text, end);
    }
    pieces
}

/// The beginning of the text, with `tail` (such as `…`) behind it, so that both together are short enough; the text as it
/// is if it is short enough without.
pub fn cut(rich: &RichText, limits: TextLimits, tail: &str) -> RichText {
    if fits(&rich.text, limits) {
        return rich.clone();
    }
    let room = TextLimits {
        graphemes: limits.graphemes.saturating_sub(tail.graphemes(true).count()),
        bytes: limits.bytes.saturating_sub(tail.len()),
    };
    let start = skip_space(&rich.text, 0);
    let mut short = slice(rich, start..piece_end(rich, start, room));
    short.text.push_str(tail);
    short
}

fn skip_space(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    text.len() - rest.trim_start().len()
}

/// Length in bytes of the longest beginning that is short enough; at least one character.
fn prefix(text: &str, limits: TextLimits) -> usize {
    // A grapheme is a byte at least.
    if text.len() <= limits.bytes.min(limits.graphemes) {
        return text.len();
    }
    let mut end = 0;
    for grapheme in text.graphemes(true).take(limits.graphemes) {
        if end + grapheme.len() > limits.bytes {
            break;
        }
        end += grapheme.len();
    }
    if end == 0 {
        // One grapheme that is too long: by characters.
        end = (0..=limits.bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    }
    end.max(text.chars().next().map_or(0, char::len_utf8))
}

fn piece_end(rich: &RichText, start: usize, limits: TextLimits) -> usize {
    let text = rich.text.as_str();
    let rest = text.get(start..).unwrap_or_default();
    let end = start + prefix(rest, limits);
    if end == text.len() {
        return end;
    }
    let window = text.get(start..end).unwrap_or_default();
    // Words longer than half of the piece are cut.
    let least = start + (end - start) / 2;
    let free = |at: usize| at > start && at >= least && !inside_mark(rich, at);
    let space_here = |at: usize| text.get(at..).is_some_and(|rest| rest.starts_with(char::is_whitespace));
    if space_here(end) && free(end) {
        return end;
    }
    let spaces = window.char_indices().rev().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| start + at);
    if let Some(space) = { spaces }.find(|at| free(*at)) {
        return space;
    }
    // A mention, link or tag that would be cut begins the next piece.
    if let Some(mark) = around(rich, end).map(|mark| mark.start as usize).filter(|mark| *mark > start) {
        return mark;
    }
    // Languages without spaces, and very long words. The window and a little more, as what follows decides on bounds.
    let more = (end..text.len().min(end + 64)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(end);
    let words = text.get(start..more).unwrap_or_default();
    let bounds: Vec<usize> =
        words.split_word_bound_indices().map(|(at, _)| start + at).filter(|at| *at <= end).collect();
    let whole = |at: usize| at == end || is_grapheme_bound(window, at - start);
    if let Some(bound) = bounds.into_iter().rev().find(|at| free(*at) && whole(*at)) {
        return bound;
    }
    end
}

fn is_grapheme_bound(text: &str, at: usize) -> bool {
    text.grapheme_indices(true).any(|(bound, _)| bound == at)
}

fn inside_mark(rich: &RichText, at: usize) -> bool {
    around(rich, at).is_some()
}

/// The mark that a cut would break.
fn around(rich: &RichText, at: usize) -> Option<&Mark> {
    rich.marks
        .iter()
        .find(|mark| is_whole(&mark.kind) && (mark.start as usize) < at && at < mark.end as usize)
}

/// Marks that make no sense in parts.
fn is_whole(kind: &MarkKind) -> bool {
    matches!(
        kind,
        MarkKind::Mention { .. } | MarkKind::Link { .. } | MarkKind::Tag { .. } | MarkKind::Emoji { .. }
    )
}

/// A part of the text with its marks, without the white space at its end.
fn slice(rich: &RichText, range: Range<usize>) -> RichText {
    let text = rich.text.get(range.clone()).unwrap_or_default().trim_end();
    let end = range.start + text.len();
    let part = |mark: &Mark| {
        let (from, to) = ((mark.start as usize).max(range.start), (mark.end as usize).min(end));
        let cut = from != mark.start as usize || to != mark.end as usize;
        // Half a link still leads somewhere; half a mention or tag is another one.
        if from >= to || cut && is_whole(&mark.kind) && !matches!(mark.kind, MarkKind::Link { .. }) {
            return None;
        }
        let at = |place: usize| u32::try_from(place - range.start).ok();
        Some(Mark { start: at(from)?, end: at(to)?, kind: mark.kind.clone() })
    };
    RichText::new(text.to_owned(), rich.marks.iter().filter_map(part).collect())
}
