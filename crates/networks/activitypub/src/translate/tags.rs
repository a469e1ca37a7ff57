//! The `tag` list: Mention, Hashtag, Emoji (FEP-9098), Link (FEP-e232).

use super::web_url;
use crate::text::Named;
use crate::vocab::{Node, authority};
use landbridge_model::Emoji;
use landbridge_model::richtext::normal_tag;

const MAX_EACH: usize = 100;
/// Bytes of `name@host`.
const MAX_ACCT: usize = 400;

#[derive(Default)]
pub(super) struct Tagged {
    pub(super) mentions: Vec<Named>,
    /// Normal forms.
    pub(super) hashtags: Vec<String>,
    pub(super) emojis: Vec<Emoji>,
}

impl Tagged {
    pub(super) fn shortcodes(&self) -> Vec<String> {
        self.emojis.iter().map(|e| e.shortcode.clone()).collect()
    }
}

pub(super) fn read(node: Node<'_>) -> Tagged {
    let mut tagged = Tagged::default();
    for tag in node.list("tag") {
        if tag.is("Mention") {
            push(&mut tagged.mentions, mention(tag));
        } else if tag.is("Hashtag") {
            let name = tag.text("name").map(normal_tag).filter(|n| !n.is_empty());
            push(&mut tagged.hashtags, name);
        } else if tag.is("Emoji") {
            push(&mut tagged.emojis, emoji(tag));
        }
    }
    tagged
}

fn push<T: PartialEq>(list: &mut Vec<T>, item: Option<T>) {
    if let Some(item) = item
        && list.len() < MAX_EACH
        && !list.contains(&item)
    {
        list.push(item);
    }
}

fn mention(tag: Node<'_>) -> Option<Named> {
    let id = web_url(tag.text("href")?)?;
    let name = tag.text("name").unwrap_or_default().trim_start_matches(['@', '!']);
    let host = authority(id)?.split("://").nth(1)?;
    let name = if name.is_empty() {
        id.trim_end_matches('/').rsplit('/').next()?.trim_start_matches('@')
    } else {
        name
    };
    let acct = if name.contains('@') { name.to_owned() } else { format!("{name}@{host}") };
    // Every mark of the text repeats it.
    if acct.len() > MAX_ACCT {
        return None;
    }
    Some(Named { id: id.to_owned(), acct })
}

/// An Emoji tag: the shortcode without colons, the picture from `icon`.
pub(super) fn emoji(tag: Node<'_>) -> Option<Emoji> {
    let name = tag.text("name")?.trim_matches(':');
    // Misskey names the host of a foreign emoji: `blob@host`, `blob@.`.
    let shortcode = name.split('@').next()?;
    let icon = tag.list("icon").next()?;
    let url = icon.id("url").or_else(|| icon.as_id())?;
    let good = !shortcode.is_empty()
        && shortcode.len() <= 100
        && !shortcode.contains(|c: char| c.is_whitespace() || c == ':');
    good.then_some(())?;
    Some(Emoji { shortcode: shortcode.to_owned(), url: web_url(url)?.to_owned(), static_url: None })
}
