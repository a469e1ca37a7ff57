//! Texts of people as HTML for our own pages: mentions lead to profiles here, custom emoji and pictures come through
//! this server.

use landbridge_hub::Hub;
use landbridge_model::{Emoji, MarkKind, Media, Mention, Picture, RichText, richtext};

/// The body of a post or a bio.
pub fn rich(hub: &Hub, text: &RichText, mentions: &[Mention], emojis: &[Emoji]) -> String {
    let mut text = text.clone();
    for mark in &mut text.marks {
        if let MarkKind::Mention { id: _, acct, url } = &mut mark.kind
            && let Some(known) = mentions.iter().find(|m| m.url == *url || m.acct == *acct)
        {
            *url = hub.config().url(&format!("/@{}", known.acct));
        }
    }
    let html = richtext::to_html(&text, &hub.config().url("/tags/"));
    with_emojis(hub, &html, emojis)
}

/// One line of text: a name, a warning.
pub fn inline(hub: &Hub, text: &str, emojis: &[Emoji]) -> String {
    with_emojis(hub, &richtext::escape(text), emojis)
}

/// URL of an avatar or header on this server.
pub fn picture(hub: &Hub, picture: &Picture) -> Option<String> {
    match (&picture.file, &picture.remote_url) {
        (Some(file), _) => Some(landbridge_media::url_path(file)),
        (None, Some(url)) => Some(small(hub, url)),
        (None, None) => None,
    }
}

/// URL of a small version of a remote picture.
pub fn small(hub: &Hub, url: &str) -> String {
    format!("{}?small", hub.proxied(url))
}

/// URL of the small version that a file has: kept here, or named by its server.
pub fn preview(hub: &Hub, media: &Media) -> Option<String> {
    let preview = media.preview.as_deref()?;
    Some(if media.file.is_some() { landbridge_media::url_path(preview) } else { hub.proxied(preview) })
}

/// Puts pictures for `:shortcode:`, in text only, never inside a tag.
fn with_emojis(hub: &Hub, html: &str, emojis: &[Emoji]) -> String {
    if emojis.is_empty() {
        return html.to_owned();
    }
    let mut out = String::with_capacity(html.len() + 128);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (text, from_tag) = rest.split_at(open);
        replace(hub, text, emojis, &mut out);
        let end = from_tag.find('>').map_or(from_tag.len(), |i| i + 1);
        let (tag, after) = from_tag.split_at(end);
        out.push_str(tag);
        rest = after;
    }
    replace(hub, rest, emojis, &mut out);
    out
}

fn replace(hub: &Hub, text: &str, emojis: &[Emoji], out: &mut String) {
    let mut rest = text;
    while let Some(start) = rest.find(':') {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let name_and_more = from.get(1..).unwrap_or_default();
        let found = name_and_more.find(':').and_then(|end| {
            let name = name_and_more.get(..end)?;
            Some((emojis.iter().find(|e| e.shortcode == name)?, end + 2))
        });
        match found {
            Some((emoji, len)) => {
                let (src, name) =
                    (richtext::escape(&small(hub, &emoji.url)), richtext::escape(&emoji.shortcode));
                out.push_str(&format!(
                    "<img class=emoji src=\"{src}\" alt=\":{name}:\" title=\":{name}:\" loading=lazy>"
                ));
                rest = from.get(len..).unwrap_or_default();
            }
            None => {
                out.push(':');
                rest = name_and_more;
            }
        }
    }
    out.push_str(rest);
}
