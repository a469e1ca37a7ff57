//! Texts of events to text with marks: `nostr:` codes of people become mentions, addresses links, `#words` tags
//! (NIP-21, NIP-27).

use crate::{event::Hex32, nips::n19::Pointer};
use landbridge_model::{
    Mark, MarkKind, RichText,
    richtext::{compose, normal_tag},
};

/// What a text needs to be read.
pub struct Reading<'a> {
    /// The name to show for a key, without `@`.
    pub name: &'a dyn Fn(&Hex32) -> String,
    /// Addresses that are shown as media, and hence leave the text.
    pub media: &'a [String],
    /// Native id of the quoted post, whose code leaves the text.
    pub quoted: Option<&'a str>,
}

/// The text, and whom it names.
pub fn read(content: &str, reading: &Reading<'_>) -> (RichText, Vec<Hex32>) {
    let found = compose(content);
    let mut out = Writer::default();
    let mut people = Vec::new();
    let mut at = 0;
    for mark in &found.marks {
        let (start, end) = (mark.start as usize, mark.end as usize);
        if start < at {
            continue;
        }
        out.text.push_str(found.text.get(at..start).unwrap_or_default());
        at = end;
        let text = found.of(mark);
        match &mark.kind {
            MarkKind::Mention { acct, .. } => {
                match Pointer::parse(acct).filter(|_| acct.starts_with("nostr:")) {
                    Some(Pointer::Profile { key, .. }) => {
                        if !people.contains(&key) {
                            people.push(key);
                        }
                        let name = (reading.name)(&key);
                        let kind =
                            MarkKind::Mention { id: key.to_string(), acct: name.clone(), url: String::new() };
                        out.marked(&format!("@{name}"), kind);
                    }
                    // "@somebody" is only text on Nostr.
                    _ => out.text.push_str(text),
                }
            }
            MarkKind::Link { url } => {
                let pointer = Pointer::parse(url).filter(|_| url.starts_with("nostr:"));
                let quoted = pointer.is_some_and(|p| Some(p.native_id().as_str()) == reading.quoted);
                if quoted || reading.media.iter().any(|m| m == text || m == url) {
                    out.text.truncate(out.text.trim_end().len());
                } else {
                    out.marked(text, mark.kind.clone());
                }
            }
            _ => out.marked(text, mark.kind.clone()),
        }
    }
    out.text.push_str(found.text.get(at..).unwrap_or_default());
    // What left the start of the text leaves space behind.
    let lead = out.text.len() - out.text.trim_start().len();
    let shift = |n: u32| n.saturating_sub(lead as u32);
    let marks = out
        .marks
        .into_iter()
        .map(|m| Mark { start: shift(m.start), end: shift(m.end), kind: m.kind })
        .collect();
    (RichText::new(out.text.trim().to_owned(), marks), people)
}

/// Keys named in a text by code, each once, at most `most`.
pub fn people(content: &str, most: usize) -> Vec<Hex32> {
    let (_, people) = read(content, &Reading { name: &|_| String::new(), media: &[], quoted: None });
    people.into_iter().take(most).collect()
}

/// Normal forms of `t` tags that do not stand in the text.
pub fn other_tags<'a>(tags: impl Iterator<Item = &'a str>, text: &RichText) -> Vec<String> {
    let (inside, mut other) = (text.tags(), Vec::new());
    for tag in tags.map(normal_tag) {
        if !tag.is_empty() && !inside.contains(&tag) && !other.contains(&tag) && other.len() < 50 {
            other.push(tag);
        }
    }
    other
}

#[derive(Default)]
struct Writer {
    text: String,
    marks: Vec<Mark>,
}

impl Writer {
    fn marked(&mut self, text: &str, kind: MarkKind) {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.marks.push(Mark { start, end: self.text.len() as u32, kind });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Keys;

    #[test]
    fn people_links_media_and_quotes() {
        let key = Keys::generate().public();
        let person = Pointer::Profile { key, relays: vec![] }.code().unwrap();
        let event = Pointer::Event { id: Hex32([9; 32]), author: None, kind: None, relays: vec![] };
        let content = format!(
            "https://m.example/a.png Hi nostr:{person}, @eve and #Rust: https://x.example/y\n\nhttps://m.example/b.png\nnostr:{}",
            event.code().unwrap()
        );
        let quoted = event.native_id();
        let reading = Reading {
            name: &|_| "bob".into(),
            media: &["https://m.example/a.png".into(), "https://m.example/b.png".into()],
            quoted: Some(&quoted),
        };
        let (rich, people) = read(&content, &reading);
        assert_eq!(rich.text, "Hi @bob, @eve and #Rust: https://x.example/y");
        let marks: Vec<&str> = rich.marks.iter().map(|m| rich.of(m)).collect();
        assert_eq!(marks, ["@bob", "#Rust", "https://x.example/y"]);
        assert_eq!(people, [key]);
    }

    #[test]
    fn broken_codes_stay_text() {
        let reading = Reading { name: &|_| "x".into(), media: &[], quoted: None };
        let (rich, people) = read("nostr:npub1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq and npub1", &reading);
        assert_eq!(rich.text, "nostr:npub1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq and npub1");
        assert!(people.is_empty() && rich.marks.is_empty());
    }
}
