//! Promises that hold for whatever was read.

use landbridge_hub::{InActor, InMedia, InPost};
use landbridge_model::richtext::{MAX_MARKS, normal_tag, to_html};
use landbridge_model::{MarkKind, MediaMeta, RichText, Time, safe_display_name};
use std::cmp::Reverse;

/// When all of this happens.
pub(crate) const NOW: Time = Time(1_790_000_000_000);

/// A text with marks keeps its invariants, and becomes markup of ours alone.
pub(crate) fn rich(rich: &RichText) {
    let mut open: Vec<u32> = Vec::new();
    let mut last = (0, Reverse(u32::MAX));
    assert!(rich.marks.len() <= MAX_MARKS);
    for mark in &rich.marks {
        let (start, end) = (mark.start as usize, mark.end as usize);
        assert!(
            start < end && rich.text.is_char_boundary(start) && rich.text.is_char_boundary(end),
            "{mark:?}"
        );
        assert!(!rich.of(mark).is_empty());
        let here = (mark.start, Reverse(mark.end));
        assert!(last <= here, "order of marks: {:?}", rich.marks);
        last = here;
        open.retain(|end| *end > mark.start);
        assert!(open.last().is_none_or(|outer| mark.end <= *outer), "marks cross: {:?}", rich.marks);
        open.push(mark.end);
        if let MarkKind::Tag { name } = &mark.kind {
            assert_eq!(normal_tag(name), *name);
        }
    }
    let urls: usize = rich.marks.iter().map(|m| url_of(&m.kind).len()).sum();
    let html = to_html(rich, "https://b.example/tags/");
    // What is bold over several paragraphs, say, is written in each.
    let parts =
        1 + rich.text.matches("\n\n").count() + 2 * rich.marks.iter().filter(|m| m.kind.is_block()).count();
    let most = 7 * rich.text.len() + 7 * urls + 400 * rich.marks.len() + 150 * parts + 100;
    assert!(html.len() <= most, "{} bytes of text became {} of markup", rich.text.len(), html.len());
    markup(&html);
    let stored = serde_json::to_string(rich).unwrap_or_default();
    assert_eq!(serde_json::from_str::<RichText>(&stored).ok().as_ref(), Some(rich));
}

fn url_of(kind: &MarkKind) -> &str {
    match kind {
        MarkKind::Link { url } | MarkKind::Mention { url, .. } => url,
        MarkKind::Tag { name } => name,
        _ => "",
    }
}

const ELEMENTS: &[&str] =
    &["a", "blockquote", "br", "code", "del", "em", "li", "ol", "p", "pre", "span", "strong", "u", "ul"];
const ATTRIBUTES: &[&str] = &["class", "href", "rel", "target", "translate"];
const SCHEMES: &[&str] = &["http:", "https:", "nostr:", "at:", "mailto:", "xmpp:"];

/// Only elements and attributes that we write, closed in order, no link in a link, no link that runs something.
pub(crate) fn markup(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        assert!(!text.contains(['>', '"', '\'']), "not escaped: {text:?} in {html}");
        let end = tag.find('>').unwrap_or_else(|| panic!("no end of a tag in {html}"));
        let (tag, after) = (tag.get(1..end).unwrap_or_default(), tag.get(end + 1..).unwrap_or_default());
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed out of order: {html}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(ELEMENTS.contains(&name), "<{name}> in {html}");
        if name == "br" {
            continue;
        }
        assert!(name != "a" || !open.contains(&"a"), "a link in a link: {html}");
        open.push(name);
        let mut values = attributes.split('"');
        while let (Some(attribute), Some(value)) = (values.next(), values.next()) {
            let attribute = attribute.trim().trim_end_matches('=');
            assert!(ATTRIBUTES.contains(&attribute), "{attribute:?} in {html}");
            let scheme = |s: &&str| value.get(..s.len()).is_some_and(|v| v.eq_ignore_ascii_case(s));
            assert!(attribute != "href" || SCHEMES.iter().any(scheme), "{value:?} in {html}");
        }
    }
    assert!(open.is_empty(), "left open: {open:?} in {html}");
    assert!(!rest.contains(['>', '"', '\'']), "not escaped: {rest:?} in {html}");
}

pub(crate) fn post(post: &InPost) {
    rich(&post.text);
    assert!(!post.native_id.is_empty() && !post.author.is_empty());
    assert!(post.published <= NOW && post.updated.is_none_or(|at| at <= NOW));
    assert!(post.text.text.len() <= 1 << 18, "{} bytes of text", post.text.text.len());
    for shown in [&post.title, &post.warning].into_iter().flatten() {
        assert!(!shown.is_empty() && shown.chars().count() <= 16 << 10);
    }
    assert!(post.addressed.len() <= 512 && post.tags.len() <= 512 && post.emojis.len() <= 512);
    for tag in &post.tags {
        assert_eq!(normal_tag(tag), *tag);
    }
    post.media.iter().for_each(media);
    if let Some(poll) = &post.poll {
        assert!(!poll.options.is_empty() && poll.options.len() <= 64);
    }
}

fn media(media: &InMedia) {
    assert!(is_web(&media.url), "{}", media.url);
    assert!(media.mime.len() <= 400);
    meta(&media.meta);
}

/// Sizes and lengths that are numbers, written and read alike.
pub(crate) fn meta(meta: &MediaMeta) {
    assert!(meta.width.is_none_or(|w| w > 0) && meta.height.is_none_or(|h| h > 0), "{meta:?}");
    assert!(meta.duration.is_none_or(|d| d.is_finite() && d >= 0.0), "{meta:?}");
    assert!(meta.focus.is_none_or(|(x, y)| x.is_finite() && y.is_finite()), "{meta:?}");
    let stored = serde_json::to_string(meta).unwrap_or_default();
    assert_eq!(serde_json::from_str::<MediaMeta>(&stored).ok().as_ref(), Some(meta));
}

pub(crate) fn actor(actor: &InActor) {
    assert!(!actor.native_id.is_empty() && !actor.domain.is_empty());
    let profile = &actor.profile;
    rich(&profile.bio);
    assert_eq!(safe_display_name(&profile.display_name, 100), profile.display_name);
    assert!(profile.fields.len() <= 32 && profile.also_known_as.len() <= 32);
    for field in &profile.fields {
        rich(&field.value);
        assert!(field.name.chars().count() <= 255);
    }
    for picture in [&profile.avatar, &profile.header].into_iter().flatten() {
        assert!(picture.remote_url.as_deref().is_some_and(is_web), "{picture:?}");
    }
    // Facts are stored whole.
    assert!(actor.facts.to_string().len() <= 100_000);
}

/// A scheme may be written in capitals.
fn is_web(url: &str) -> bool {
    url.to_ascii_lowercase().starts_with("http")
}
