//! Events to posts: kinds 1, 20, 21, 22, 1068, 1111, 30023, 34235, 34236.

use super::text_in::{self, Reading};
use crate::{
    event::{Class, Event, Hex32, TagsExt, is_hex32, kind},
    nips::{n10, n19, n22, n25, n32, n88, n92},
};
use landbridge_hub::{InMedia, InPost};
use landbridge_model::{MarkKind, Network, PostKind, Time, Visibility, richtext::compose};

/// Longest text taken over, in bytes; what is longer is cut and the original stays.
const LONGEST: usize = 100_000;
const MOST_ADDRESSED: usize = 50;

/// The post of an event; `None` for kinds that are none. `name`: what to call a key in the text.
pub fn read(event: &Event, name: &dyn Fn(&Hex32) -> String) -> Option<InPost> {
    let post_kind = match event.kind {
        kind::NOTE | kind::COMMENT | kind::POLL => PostKind::Note,
        kind::PICTURE => PostKind::Image,
        kind::VIDEO | kind::SHORT_VIDEO | kind::ADDRESSABLE_VIDEO | kind::ADDRESSABLE_SHORT_VIDEO => {
            PostKind::Video
        }
        kind::ARTICLE => PostKind::Article,
        _ => return None,
    };
    let tags = &event.tags;
    // No database keeps a NUL.
    let without_nul = event.content.replace('\0', "");
    let content = cut(&without_nul);
    let poll = (event.kind == kind::POLL).then(|| n88::read(event)).flatten();
    let quote = quoted(event);
    let mut media = media(event, content);
    let urls: Vec<String> = media.iter().map(|m| m.url.clone()).collect();
    let reading = Reading { name, media: &urls, quoted: quote.as_deref() };
    let (text, named) = text_in::read(content, &reading);
    let warned = tags.named("content-warning").next();
    let warning = warned.and_then(|t| t.get(1)).filter(|w| !w.trim().is_empty()).cloned();
    media.iter_mut().for_each(|m| m.sensitive = warned.is_some());
    let thread = thread(event);
    let mut addressed: Vec<Hex32> = named;
    addressed.extend(tags.people());
    let mut seen = Vec::new();
    addressed.retain(|p| {
        *p != event.pubkey && !seen.contains(p) && seen.len() < MOST_ADDRESSED && {
            seen.push(*p);
            true
        }
    });
    let other_tags = text_in::other_tags(tags.values("t"), &text);
    let published =
        tags.value("published_at").and_then(|t| t.parse().ok()).filter(|t| *t > 0 && *t <= event.created_at);
    Some(InPost {
        native_id: native_id(event),
        version: version(event),
        author: event.pubkey.to_string(),
        url: None,
        kind: post_kind,
        published: Time::from_secs(published.unwrap_or(event.created_at)),
        updated: published.map(|_| Time::from_secs(event.created_at)),
        visibility: Some(Visibility::Public),
        addressed: addressed.iter().map(Hex32::to_string).collect(),
        title: tags.value("title").filter(|t| !t.trim().is_empty()).map(|t| t.chars().take(300).collect()),
        text,
        warning,
        sensitive: warned.is_some(),
        languages: n32::read(tags),
        media,
        poll,
        tags: other_tags,
        emojis: n25::emojis(tags),
        reply_to: thread.parent,
        root: thread.root,
        quote,
        quote_stamp: None,
        quote_free: true,
        same_as: same_as(event),
        ..InPost::default()
    })
}

/// Where a post stands in a conversation.
pub fn thread(event: &Event) -> n10::Thread {
    match event.kind {
        kind::NOTE | kind::POLL => n10::read(&event.tags),
        kind::COMMENT => n22::read(&event.tags),
        // An article cites by plain `e` tags (NIP-23): that makes it no answer.
        _ => n10::read_marked(&event.tags).unwrap_or_default(),
    }
}

/// The id by which the hub knows a post: the address where there are versions, else the event id.
pub fn native_id(event: &Event) -> String {
    match event.class() {
        Class::Addressable => event.address().unwrap_or_default(),
        _ => event.id.to_string(),
    }
}

/// Which version of it that is, where there are several.
pub fn version(event: &Event) -> Option<String> {
    (event.class() == Class::Addressable).then(|| event.id.to_string())
}

fn cut(content: &str) -> &str {
    let mut end = content.len().min(LONGEST);
    while !content.is_char_boundary(end) {
        end -= 1;
    }
    content.get(..end).unwrap_or_default()
}

/// The quoted post: the `q` tag (NIP-18), else a code at the very end of the text, as older apps write it.
fn quoted(event: &Event) -> Option<String> {
    let well_formed = |v: &&str| is_hex32(v) || n19::parse_address(v).is_some();
    if let Some(id) = event.tags.values("q").find(well_formed) {
        return Some(id.to_owned());
    }
    let last = event.content.split_whitespace().last().filter(|w| w.starts_with("nostr:"))?;
    match n19::Pointer::parse(last)? {
        n19::Pointer::Profile { .. } => None,
        pointer => Some(pointer.native_id()),
    }
}

/// Media described by `imeta`, then bare addresses of pictures and films in the text.
fn media(event: &Event, content: &str) -> Vec<InMedia> {
    let in_text = matches!(event.kind, kind::NOTE | kind::COMMENT | kind::POLL | kind::ARTICLE);
    let mut media: Vec<InMedia> = if in_text {
        n92::read(&event.tags, content)
    } else {
        event.tags.named("imeta").filter_map(n92::one).take(20).collect()
    };
    if in_text && event.kind != kind::ARTICLE {
        for mark in compose(content).marks {
            if let MarkKind::Link { url } = mark.kind
                && let Some(bare) = n92::bare(&url)
                && media.len() < 20
                && !media.iter().any(|m| m.url == url)
            {
                media.push(bare);
            }
        }
    }
    media
}

/// NIP-48: the same post where it came from.
fn same_as(event: &Event) -> Vec<(Network, String)> {
    let read = |tag: &Vec<String>| match tag.as_slice() {
        [_, id, protocol, ..] if id.len() < 2_000 => match protocol.as_str() {
            "activitypub" => Some((Network::ActivityPub, id.clone())),
            "atproto" => Some((Network::AtProto, id.clone())),
            _ => None,
        },
        _ => None,
    };
    event.tags.named("proxy").filter_map(read).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    fn post(kind: u16, tags: &[&[&str]], content: &str) -> InPost {
        let tags = tags.iter().map(|t| t.iter().map(|v| v.to_string()).collect()).collect();
        let event = Keys::generate().sign(Template { created_at: 100, kind, tags, content: content.into() });
        read(&event, &|_| "bob".into()).unwrap()
    }

    #[test]
    fn a_note_with_everything() {
        let p = Keys::generate().public().to_string();
        let root = "1".repeat(64);
        let note = post(
            1,
            &[
                &["e", &root, "", "root"],
                &["p", &p],
                &["t", "Extra"],
                &["content-warning", "spiders"],
                &["l", "hsb", "ISO-639-3"],
                &["proxy", "https://x.example/1", "activitypub"],
                &["imeta", "url https://m.example/1", "m image/png", "alt A cat"],
            ],
            "look https://m.example/1 and https://m.example/2.jpg",
        );
        assert_eq!(note.text.text, "look and");
        assert_eq!((note.media.len(), note.media[0].description.as_deref()), (2, Some("A cat")));
        assert_eq!((note.warning.as_deref(), note.sensitive), (Some("spiders"), true));
        assert_eq!(note.reply_to, Some(root));
        assert_eq!(note.addressed, [p]);
        assert_eq!((note.tags, note.languages), (vec!["extra".to_owned()], vec!["hsb".to_owned()]));
        assert_eq!(note.same_as, [(Network::ActivityPub, "https://x.example/1".to_owned())]);
    }

    #[test]
    fn an_article_that_cites_a_note_is_no_answer() {
        let (cited, answered) = ("1".repeat(64), "2".repeat(64));
        let cites: &[&str] = &["e", &cited, "wss://relay.example"];
        for kind in [20, 21, 22, 30_023, 34_235] {
            let post = post(kind, &[&["d", "x"], cites], "Text");
            assert_eq!((post.reply_to, post.root), (None, None), "{kind}");
        }
        assert_eq!(post(1, &[cites], "Text").reply_to, Some(cited.clone()));
        let marked = post(30_023, &[&["d", "x"], cites, &["e", &answered, "", "root"]], "Text");
        assert_eq!(marked.reply_to, Some(answered));
    }

    #[test]
    fn other_kinds() {
        assert_eq!(post(20, &[&["imeta", "url https://m.example/1.png"]], "cat").media.len(), 1);
        let article = post(30_023, &[&["d", "x"], &["title", "T"], &["published_at", "50"]], "# Text");
        assert_eq!((article.title.as_deref(), article.published.secs()), (Some("T"), 50));
        assert!(article.native_id.starts_with("30023:") && article.version.is_some());
        let poll = post(1068, &[&["option", "a", "Yes"], &["option", "b", "No"]], "?");
        assert_eq!(poll.poll.unwrap().options.len(), 2);
        let id = "2".repeat(64);
        assert_eq!(post(1, &[&["q", &id]], "x").quote, Some(id));
    }
}
