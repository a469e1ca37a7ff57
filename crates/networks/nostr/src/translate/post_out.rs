//! Posts to events: kind 1, or 1068 for a poll, or 1111 for an answer to anything but a note.

use super::text_out;
use crate::{
    event::{Event, Hex32, Tag, TagsExt, Template, kind},
    nips::{n10, n19::Pointer, n22, n25, n32, n88, n92},
};
use landbridge_model::{Mark, MarkKind, Media, Post, RichText, richtext::normal_tag};

/// Codes in one text that get a tag.
const MOST_CODES: usize = 20;

/// What a post needs to become an event: everything that had to be looked up.
#[derive(Default)]
pub struct Outgoing {
    /// Keys and relays of the people named in it, by how the mention's mark names them.
    pub people: Vec<Person>,
    /// The event that it answers, and where that is.
    pub parent: Option<(Event, String)>,
    /// Author of the thread's first post, when known.
    pub root_author: Option<Hex32>,
    /// The quoted post on Nostr, or a web page where it has no copy there.
    pub quote: Option<Quoted>,
    /// URL of each attachment.
    pub media: Vec<(Media, String)>,
    /// Where votes are collected.
    pub relays: Vec<String>,
}

pub struct Person {
    pub key: Hex32,
    pub relays: Vec<String>,
    /// `id` or `acct` of the mention's mark.
    pub named: Vec<String>,
}

pub enum Quoted {
    Event { pointer: Pointer, author: Hex32 },
    Page(String),
}

/// The event of a post.
pub fn write(post: &Post, outgoing: &Outgoing) -> Template {
    let mut tags: Vec<Tag> = match &outgoing.parent {
        Some((parent, relay)) if parent.kind == kind::NOTE => {
            n10::answer(parent, relay, outgoing.root_author)
        }
        Some((parent, relay)) => n22::answer(parent, relay),
        None => Vec::new(),
    };
    let kind = match (&outgoing.parent, &post.poll) {
        (None, Some(_)) => kind::POLL,
        (Some((parent, _)), _) if parent.kind != kind::NOTE => kind::COMMENT,
        _ => kind::NOTE,
    };
    for person in &outgoing.people {
        push_person(&mut tags, &person.key);
    }
    let code = |mark: &MarkKind| {
        let MarkKind::Mention { id, acct, .. } = mark else { return None };
        let person = outgoing.people.iter().find(|p| p.named.iter().any(|n| n == id || n == acct))?;
        let relays = person.relays.iter().take(2).cloned().collect();
        Some(format!("nostr:{}", Pointer::Profile { key: person.key, relays }.code()?))
    };
    let mut content = String::new();
    if let Some(title) = post.title.as_deref().filter(|t| !t.is_empty()) {
        content.push_str(title);
    }
    append(&mut content, "\n\n", &text_out::write(&post.text, &code));
    for (media, url) in &outgoing.media {
        append(&mut content, "\n", url);
        tags.push(n92::write(media, url));
    }
    match &outgoing.quote {
        Some(Quoted::Event { pointer, author }) => {
            push_quote(&mut tags, pointer, Some(author));
            append(&mut content, "\n\n", &pointer.code().map(|c| format!("nostr:{c}")).unwrap_or_default());
        }
        Some(Quoted::Page(url)) => append(&mut content, "\n\n", url),
        None => {}
    }
    // After the quoted post: the first of them is taken for it.
    for pointer in codes(&post.text) {
        let author = match &pointer {
            Pointer::Event { author, .. } => author.as_ref(),
            Pointer::Address { author, .. } => Some(author),
            Pointer::Profile { .. } => continue,
        };
        push_quote(&mut tags, &pointer, author);
    }
    if let (kind::POLL, Some(poll)) = (kind, &post.poll) {
        tags.extend(n88::write(poll, &outgoing.relays));
    }
    let mut hashtags: Vec<String> = Vec::new();
    for tag in post.text.tags().iter().chain(&post.tags).map(|t| normal_tag(t)) {
        if !hashtags.contains(&tag) {
            tags.push(vec!["t".into(), tag.clone()]);
            hashtags.push(tag);
        }
    }
    match &post.warning {
        Some(warning) if !warning.is_empty() => tags.push(vec!["content-warning".into(), warning.clone()]),
        _ if post.sensitive => tags.push(vec!["content-warning".into()]),
        _ => {}
    }
    tags.extend(n32::write(&post.languages));
    tags.extend(post.emojis.iter().map(n25::emoji_tag));
    Template { created_at: post.created_at.secs(), kind, tags, content }
}

/// What the author has named by code in the text (NIP-27).
fn codes(text: &RichText) -> impl Iterator<Item = Pointer> {
    let code = |mark: &Mark| match &mark.kind {
        MarkKind::Link { url } if url.starts_with("nostr:") => Pointer::parse(url),
        _ => None,
    };
    text.marks.iter().filter_map(code).take(MOST_CODES)
}

/// Names an event, and its author, as quoted (NIP-18).
fn push_quote(tags: &mut Vec<Tag>, pointer: &Pointer, author: Option<&Hex32>) {
    let id = pointer.native_id();
    if tags.values("q").any(|known| known == id) {
        return;
    }
    let mut tag: Tag = vec!["q".into(), id, pointer.relays().first().cloned().unwrap_or_default()];
    tag.extend(author.map(Hex32::to_string));
    tags.push(tag);
    if let Some(author) = author {
        push_person(tags, author);
    }
}

fn push_person(tags: &mut Vec<Tag>, key: &Hex32) {
    let key = key.to_string();
    if !tags.iter().any(|t| matches!(t.as_slice(), [name, k, ..] if name == "p" && *k == key)) {
        tags.push(vec!["p".into(), key]);
    }
}

fn append(content: &mut String, gap: &str, more: &str) {
    if !content.is_empty() && !more.is_empty() {
        content.push_str(gap);
    }
    content.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Keys;
    use landbridge_model::richtext::compose;

    #[test]
    fn codes_in_the_text_are_named_in_tags() {
        let author = Keys::generate().public();
        let relays = vec!["wss://relay.example".to_owned()];
        let event = Pointer::Event { id: Hex32([7; 32]), author: None, kind: None, relays: Vec::new() };
        let article = Pointer::Address { kind: 30_023, author, d: "x".into(), relays };
        let person = Pointer::Profile { key: author, relays: Vec::new() };
        let [event_code, article_code, person] = [&event, &article, &person].map(|p| p.code().unwrap());
        let text = format!("nostr:{event_code} nostr:{article_code}, nostr:{event_code} by nostr:{person}");
        let mut tags = Vec::new();
        let named: Vec<Pointer> = codes(&compose(&text)).collect();
        assert_eq!(named, [event.clone(), article.clone(), event.clone()]);
        push_quote(&mut tags, &article, Some(&author));
        for pointer in &named {
            push_quote(&mut tags, pointer, None);
        }
        let (address, key) = (article.native_id(), author.to_string());
        assert_eq!(
            tags,
            [
                vec!["q".to_owned(), address, "wss://relay.example".into(), key.clone()],
                vec!["p".into(), key],
                vec!["q".into(), event.native_id(), String::new()],
            ]
        );
    }
}
