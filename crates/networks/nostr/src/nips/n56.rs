//! Reports, kind 1984 (NIP-56): <https://github.com/nostr-protocol/nips/blob/master/56.md>. They are public.

use crate::event::{Event, Hex32, Tag, TagsExt, is_hex32};

/// Targets of one report that are read.
const MOST: usize = 50;

/// What a report says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Keys, then ids of events.
    pub targets: Vec<String>,
    /// The words, with the kind of report before them when it has one.
    pub comment: String,
}

pub fn read(event: &Event) -> Report {
    let people = event.tags.people().into_iter().map(|key| key.to_string());
    let events = event.tags.values("e").filter(|id| is_hex32(id)).map(str::to_owned);
    let kinds = event.tags.iter().filter(|tag| tag.first().is_some_and(|name| name == "p" || name == "e"));
    let kind = kinds.filter_map(|tag| tag.get(2)).find(|word| is_kind(word));
    let comment = match kind {
        Some(kind) if event.content.trim().is_empty() => kind.clone(),
        Some(kind) => format!("{kind}: {}", event.content),
        None => event.content.clone(),
    };
    Report { targets: people.chain(events).take(MOST).collect(), comment }
}

/// The tags of a report.
pub fn write(target: &Hex32, events: &[Hex32], category: &str) -> Vec<Tag> {
    let kind = match category {
        "spam" => "spam",
        "legal" => "illegal",
        _ => "other",
    };
    let tag = |name: &str, value: &Hex32| -> Tag { vec![name.into(), value.to_string(), kind.into()] };
    let events = events.iter().map(|id| tag("e", id));
    events.chain([tag("p", target)]).collect()
}

fn is_kind(word: &str) -> bool {
    ["nudity", "malware", "profanity", "illegal", "spam", "impersonation", "other"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    #[test]
    fn what_is_written_is_read() {
        let (reporter, target, note) = (Keys::generate(), Keys::generate(), Keys::generate().public());
        let tags = write(&target.public(), &[note], "legal");
        let event = reporter.sign(Template { created_at: 1, kind: 1984, tags, content: "sells arms".into() });
        assert_eq!(
            read(&event),
            Report {
                targets: vec![target.public().to_string(), note.to_string()],
                comment: "illegal: sells arms".into()
            }
        );
    }

    #[test]
    fn odd_tags_say_nothing() {
        let tags = vec![vec!["p".into(), "no key".into(), "<b>".into()], vec!["e".into()], vec![]];
        let event =
            Keys::generate().sign(Template { created_at: 1, kind: 1984, tags, content: String::new() });
        assert_eq!(read(&event), Report::default());
    }
}
