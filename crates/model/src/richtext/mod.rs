//! Text as everyone here keeps it: plain UTF-8 and marks over byte ranges.
//!
//! HTML, facets and `nostr:` links are made from this and read into it; foreign markup itself never travels on, so
//! none of it can be injected anywhere. A blank line parts paragraphs, a newline is a line break.

mod compose;
mod html;

pub use compose::{compose, normal_tag};
pub use html::{escape, to_html};

use serde::{Deserialize, Serialize};

/// Most marks of one text; those that come after are left out.
pub const MAX_MARKS: usize = 4_000;

/// Plain text with marks.
///
/// Invariants, which [`RichText::new`] establishes: every mark lies on character boundaries inside the text, is not
/// empty, and marks are ordered by start, the longer first. They nest; those that would cross are cut. There are at most
/// [`MAX_MARKS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RichText {
    pub text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
}

/// What a byte range of the text is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Bytes.
    pub start: u32,
    /// Bytes, exclusive.
    pub end: u32,
    #[serde(flatten)]
    pub kind: MarkKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum MarkKind {
    /// Somebody. `id`: native id (actor URL, hex key, DID) once known, empty before; `acct`: `name@host` as written.
    Mention {
        id: String,
        acct: String,
        url: String,
    },
    Link {
        url: String,
    },
    /// Normal form of the tag, see [`normal_tag`].
    Tag {
        name: String,
    },
    /// `:shortcode:` of a custom emoji of the post.
    Emoji {
        shortcode: String,
    },
    Emphasis,
    Strong,
    Strike,
    Underline,
    Code,
    /// Whole lines.
    CodeBlock,
    /// Whole lines.
    Quote,
    /// Whole lines.
    Heading,
    /// One item of a list.
    Item {
        ordered: bool,
    },
}

impl MarkKind {
    /// Stands on lines of its own.
    pub fn is_block(&self) -> bool {
        matches!(self, MarkKind::CodeBlock | MarkKind::Quote | MarkKind::Heading | MarkKind::Item { .. })
    }
}

impl RichText {
    /// Text without marks.
    pub fn plain(text: impl Into<String>) -> RichText {
        RichText { text: text.into(), marks: Vec::new() }
    }

    /// Text with marks, put in order; marks outside the text or inside a character are dropped, crossing ones cut.
    pub fn new(text: String, mut marks: Vec<Mark>) -> RichText {
        marks.retain(|m| {
            let (start, end) = (m.start as usize, m.end as usize);
            start < end && text.is_char_boundary(start) && text.is_char_boundary(end) && end <= text.len()
        });
        marks.sort_by_key(|m| (m.start, std::cmp::Reverse(m.end)));
        marks.truncate(MAX_MARKS);
        let mut open: Vec<u32> = Vec::new();
        for mark in &mut marks {
            open.retain(|end| *end > mark.start);
            if let Some(end) = open.last().copied().filter(|end| *end < mark.end) {
                mark.end = end;
            }
            open.push(mark.end);
        }
        RichText { text, marks }
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn has_link(&self) -> bool {
        self.marks.iter().any(|mark| matches!(mark.kind, MarkKind::Link { .. }))
    }

    /// The text of a mark.
    pub fn of(&self, mark: &Mark) -> &str {
        self.text.get(mark.start as usize..mark.end as usize).unwrap_or_default()
    }

    /// The text without the names that it begins with, as far as they are people of whom `is_addressed` says so.
    pub fn without_lead(&self, is_addressed: &dyn Fn(&MarkKind) -> bool) -> RichText {
        let mut begin = 0_usize;
        for mark in self.marks.iter().filter(|mark| matches!(mark.kind, MarkKind::Mention { .. })) {
            let between = self.text.get(begin..mark.start as usize).unwrap_or("-");
            if !between.trim().is_empty() || !is_addressed(&mark.kind) {
                break;
            }
            begin = mark.end as usize;
        }
        let rest = self.text.get(begin..).unwrap_or_default();
        begin += rest.len() - rest.trim_start().len();
        let shift = |at: u32| at.saturating_sub(u32::try_from(begin).unwrap_or(u32::MAX));
        let later = self.marks.iter().filter(|mark| mark.start as usize >= begin);
        let marks = later
            .map(|mark| Mark { start: shift(mark.start), end: shift(mark.end), kind: mark.kind.clone() })
            .collect();
        RichText::new(self.text.get(begin..).unwrap_or_default().to_owned(), marks)
    }

    /// Normal forms of the tags in the text, each once.
    pub fn tags(&self) -> Vec<String> {
        let mut tags: Vec<String> = Vec::new();
        for mark in &self.marks {
            if let MarkKind::Tag { name } = &mark.kind
                && !tags.contains(name)
            {
                tags.push(name.clone());
            }
        }
        tags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_the_start_are_left_out_with_their_marks() {
        let text = compose("@bob@x.example  @eve@x.example hello @bob@x.example #tea");
        let rest = text.without_lead(&|_| true);
        assert_eq!(rest.text, "hello @bob@x.example #tea");
        let marked: Vec<&str> = rest.marks.iter().map(|mark| rest.of(mark)).collect();
        assert_eq!(marked, ["@bob@x.example", "#tea"]);
        assert_eq!(text.without_lead(&|_| false), text);
        assert_eq!(compose("@bob@x.example").without_lead(&|_| true).text, "");
    }

    #[test]
    fn marks_are_put_in_order() {
        let mark = |start, end, kind| Mark { start, end, kind };
        let rich = RichText::new(
            "aé bold".into(),
            vec![
                mark(4, 99, MarkKind::Code),
                mark(2, 3, MarkKind::Code),
                mark(4, 8, MarkKind::Strong),
                mark(0, 6, MarkKind::Emphasis),
            ],
        );
        let got: Vec<_> = rich.marks.iter().map(|m| (m.start, m.end)).collect();
        assert_eq!(got, [(0, 6), (4, 6)]);
    }
}
