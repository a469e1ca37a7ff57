//! Attachments: Document, Image, Video, Audio, and what servers put in their place.

use super::web_url;
use crate::text;
use crate::vocab::Node;
use landbridge_hub::InMedia;
use landbridge_model::{MediaKind, MediaMeta};

const MAX_ATTACHMENTS: usize = 32;

/// The media of a post. A `Video` (PeerTube) shows its thumbnail; its page is linked in the text.
pub(super) fn read(node: Node<'_>, sensitive: bool) -> Vec<InMedia> {
    let mut media: Vec<InMedia> = Vec::new();
    if node.is("Image") || node.is("Audio") || node.is("Document") {
        media.extend(one(node, sensitive));
    }
    for attachment in node.list("attachment").take(MAX_ATTACHMENTS) {
        if attachment.is_any(&["Document", "Image", "Video", "Audio", "Media"]) {
            media.extend(one(attachment, sensitive).filter(|m| !media.iter().any(|o| o.url == m.url)));
        }
    }
    if media.is_empty() && node.is_any(&["Video", "Article", "Page", "Event"]) {
        media.extend(thumbnail(node, sensitive));
    }
    media
}

/// A Link attachment of a `Page` (Lemmy): what the post is about.
pub(super) fn link(node: Node<'_>) -> Option<&str> {
    let link = node.list("attachment").find(|a| a.is("Link"))?;
    web_url(link.as_id()?)
}

fn one(node: Node<'_>, sensitive: bool) -> Option<InMedia> {
    // `url` may be a list of sources of several qualities; the first media file is taken.
    let typed = |l: &Node<'_>| l.text("mediaType").is_some_and(|m| kind_of_mime(m) != MediaKind::Unknown);
    let link = node.list("url").find(typed).or_else(|| node.list("url").next())?;
    let url = web_url(link.as_id()?)?;
    let mime = node.text("mediaType").or_else(|| link.text("mediaType"));
    let kind = match (mime.map(kind_of_mime), node) {
        (Some(kind), _) if kind != MediaKind::Unknown => kind,
        (_, n) if n.is("Image") => MediaKind::Image,
        (_, n) if n.is("Video") => MediaKind::Video,
        (_, n) if n.is("Audio") => MediaKind::Audio,
        (Some(_), _) => MediaKind::Unknown,
        (None, _) => kind_of_name(url),
    };
    let description = node.text("name").or_else(|| node.text("summary")).map(text::plain);
    let preview = node.list("icon").next().and_then(|i| i.id("url").or_else(|| i.0.as_str()));
    Some(InMedia {
        url: url.to_owned(),
        preview_url: preview.and_then(web_url).map(str::to_owned),
        kind,
        mime: mime.unwrap_or_default().chars().take(100).collect(),
        description: description.filter(|d| !d.is_empty()).map(|d| d.chars().take(10_000).collect()),
        sensitive: sensitive || node.bool("sensitive").unwrap_or(false),
        meta: meta(node),
    })
}

fn thumbnail(node: Node<'_>, sensitive: bool) -> Option<InMedia> {
    let candidates = || node.list("icon").chain(node.list("image"));
    let widest = candidates().max_by_key(|i| i.count("width").unwrap_or(0))?;
    let url = web_url(widest.id("url").or_else(|| widest.as_id())?)?;
    Some(InMedia {
        url: url.to_owned(),
        preview_url: None,
        kind: MediaKind::Image,
        mime: widest.text("mediaType").unwrap_or_default().chars().take(100).collect(),
        description: None,
        sensitive,
        meta: meta(widest),
    })
}

fn meta(node: Node<'_>) -> MediaMeta {
    let pixels = |name: &str| {
        node.count(name).and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=100_000).contains(n))
    };
    let focus = || {
        let mut points = node.list("focalPoint").filter_map(|p| p.0.as_f64());
        let point = (points.next()? as f32, points.next()? as f32);
        ((-1.0..=1.0).contains(&point.0) && (-1.0..=1.0).contains(&point.1)).then_some(point)
    };
    MediaMeta {
        width: pixels("width"),
        height: pixels("height"),
        blurhash: node
            .text("blurhash")
            .filter(|b| (6..=200).contains(&b.len()) && b.is_ascii())
            .map(str::to_owned),
        focus: focus(),
        duration: node.text("duration").and_then(seconds),
        ..MediaMeta::default()
    }
}

/// `PT1H2M3.5S` in seconds.
fn seconds(duration: &str) -> Option<f32> {
    let mut rest = duration.strip_prefix("PT")?;
    let mut total = 0.0;
    while let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        let (number, tail) = rest.split_at_checked(end)?;
        let unit = match tail.chars().next()? {
            'H' => 3600.0,
            'M' => 60.0,
            'S' => 1.0,
            _ => return None,
        };
        total += number.parse::<f32>().ok()? * unit;
        rest = tail.get(1..)?;
    }
    Some(total).filter(|t| t.is_finite() && *t >= 0.0)
}

fn kind_of_mime(mime: &str) -> MediaKind {
    match mime.split('/').next().unwrap_or_default() {
        "image" => MediaKind::Image,
        "video" => MediaKind::Video,
        "audio" => MediaKind::Audio,
        _ => MediaKind::Unknown,
    }
}

fn kind_of_name(url: &str) -> MediaKind {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    match path.rsplit('.').next().unwrap_or_default() {
        "jpg" | "jpeg" | "png" | "gif" | "webp" | "avif" | "heic" => MediaKind::Image,
        "mp4" | "webm" | "mov" | "m4v" => MediaKind::Video,
        "mp3" | "ogg" | "oga" | "opus" | "flac" | "m4a" | "wav" => MediaKind::Audio,
        _ => MediaKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shapes() {
        let note = json!({"type": "Note", "attachment": {
            "type": "Document", "mediaType": "image/png", "url": [{"type": "Link", "href": "https://a.example/1.png"}],
            "name": "A cat", "blurhash": "UBL_:rOpGG-;", "focalPoint": [0.5, -0.25], "width": 10, "height": 20
        }});
        let media = read(Node(&note), false);
        assert_eq!(media.len(), 1);
        assert_eq!((media[0].url.as_str(), media[0].kind), ("https://a.example/1.png", MediaKind::Image));
        assert_eq!(media[0].description.as_deref(), Some("A cat"));
        assert_eq!(media[0].meta.focus, Some((0.5, -0.25)));
        let hostile = json!({"type": "Note", "attachment": [
            {"type": "Image", "url": "javascript:alert(1)"}, {"type": "Document", "url": "file:///etc/passwd"}, 3, null
        ]});
        assert!(read(Node(&hostile), false).is_empty());
        assert_eq!(seconds("PT1M30.5S"), Some(90.5));
        assert_eq!(seconds("P1D"), None);
    }
}
