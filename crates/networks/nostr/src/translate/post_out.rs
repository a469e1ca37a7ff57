//! Posts to events: kind 1, or 1068 for a poll, or 1111 for an answer to anything but a note.

use super::text_out;
use crate::{
    event::{Event, Hex32, Tag, Template, kind},
    nips::{n10, n19::Pointer, n22, n25, n32, n88, n92},
};
use landbridge_model::{MarkKind, Media, Post, richtext::normal_tag};

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
    let relay_of = |relays: &[String]| relays.first().cloned().unwrap_or_default();
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
            tags.push(vec!["q".into(), pointer.native_id(), relay_of(pointer.relays()), author.to_string()]);
            push_person(&mut tags, author);
            append(&mut content, "\n\n", &pointer.code().map(|c| format!("nostr:{c}")).unwrap_or_default());
        }
        Some(Quoted::Page(url)) => append(&mut content, "\n\n", url),
        None => {}
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
