//! Reactions, kind 7 (NIP-25), with custom emoji (NIP-30).

use super::n19::parse_address;
use crate::event::{Event, Tag, TagsExt, is_hex32, kind};
use landbridge_model::Emoji;

/// A reaction as the hub says it: empty for a like, `-` for a dislike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// Id (or address) of what it is about.
    pub target: String,
    pub content: String,
    pub emoji: Option<Emoji>,
}

/// Longest reaction, in bytes: a family emoji has 25.
const LONGEST: usize = 80;

/// `None`: not about any event, or no reaction at all.
pub fn read(event: &Event) -> Option<Sign> {
    // The last `e` tag is the one reacted to; posts that have versions are known by their address.
    let versioned = [kind::ARTICLE, kind::ADDRESSABLE_VIDEO, kind::ADDRESSABLE_SHORT_VIDEO];
    let is_post = |a: &&str| parse_address(a).is_some_and(|(kind, ..)| versioned.contains(&kind));
    let address = event.tags.values("a").filter(is_post).last();
    let target = address.or(event.tags.values("e").filter(|id| is_hex32(id)).last())?.to_owned();
    let content = &content(&event.content)?;
    let shortcode = content.strip_prefix(':').and_then(|c| c.strip_suffix(':'));
    let emoji = shortcode.and_then(|code| emojis(&event.tags).into_iter().find(|e| e.shortcode == code));
    if shortcode.is_some() && emoji.is_none() {
        // A name without a picture says nothing: at least it is a like.
        return Some(Sign { target, content: String::new(), emoji: None });
    }
    Some(Sign { target, content: content.to_owned(), emoji })
}

/// The sign itself, empty for a like; `None` when it is none.
pub fn content(content: &str) -> Option<String> {
    match content.trim() {
        "" | "+" => Some(String::new()),
        long if long.len() > LONGEST || long.contains(char::is_control) => None,
        sign => Some(sign.to_owned()),
    }
}

/// The tags of a reaction to `target`, and its content.
pub fn write(target: &Event, relay: &str, content: &str, emoji: Option<&Emoji>) -> (Vec<Tag>, String) {
    let author = target.pubkey.to_string();
    let mut tags: Vec<Tag> = vec![
        vec!["e".into(), target.id.to_string(), relay.into(), author.clone()],
        vec!["p".into(), author],
        vec!["k".into(), target.kind.to_string()],
    ];
    tags.extend(target.address().map(|a| vec!["a".into(), a, relay.into()]));
    tags.extend(emoji.map(emoji_tag));
    (tags, if content.is_empty() { "+".into() } else { content.to_owned() })
}

/// The custom emoji that an event brings (NIP-30).
pub fn emojis(tags: &[Tag]) -> Vec<Emoji> {
    let read = |tag: &Tag| match tag.as_slice() {
        [_, shortcode, url, ..] if url.starts_with("https://") || url.starts_with("http://") => {
            Some(Emoji { shortcode: shortcode.clone(), url: url.clone(), static_url: None })
        }
        _ => None,
    };
    tags.named("emoji").filter_map(read).take(100).collect()
}

pub fn emoji_tag(emoji: &Emoji) -> Tag {
    vec!["emoji".into(), emoji.shortcode.clone(), emoji.url.clone()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    #[test]
    fn every_kind_of_sign() {
        let keys = Keys::generate();
        let note = keys.sign(Template { created_at: 1, kind: 1, tags: vec![], content: "x".into() });
        let emoji =
            Emoji { shortcode: "cat".into(), url: "https://e.example/cat.png".into(), static_url: None };
        for (content, emoji) in [("", None), ("-", None), ("❤️", None), (":cat:", Some(&emoji))] {
            let (tags, text) = write(&note, "wss://r", content, emoji);
            let event = keys.sign(Template { created_at: 1, kind: 7, tags, content: text });
            let sign = read(&event).unwrap();
            assert_eq!(
                (sign.target, sign.content.as_str(), sign.emoji.as_ref()),
                (note.id.to_string(), content, emoji)
            );
        }
        let article = keys.sign(Template {
            created_at: 1,
            kind: 30_023,
            tags: vec![vec!["d".into(), "x".into()]],
            content: "x".into(),
        });
        let (tags, content) = write(&article, "wss://r", "", None);
        let event = keys.sign(Template { created_at: 1, kind: 7, tags, content });
        assert_eq!(read(&event).map(|s| s.target), article.address());
        let bare = keys.sign(Template { created_at: 1, kind: 7, tags: vec![], content: "+".into() });
        assert_eq!(read(&bare), None);
    }
}
