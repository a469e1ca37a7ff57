//! Media in notes: `imeta` tags (NIP-92), each about a URL that stands in the content.

use crate::event::{Tag, TagsExt};
use landbridge_hub::InMedia;
use landbridge_model::{Media, MediaKind, MediaMeta};

const MOST: usize = 20;

/// The media that `imeta` tags describe. Those whose URL is not in the content are ignored, as the NIP says.
pub fn read(tags: &[Tag], content: &str) -> Vec<InMedia> {
    tags.named("imeta").filter_map(one).filter(|m| content.contains(&m.url)).take(MOST).collect()
}

/// The medium of an `imeta` tag, wherever its URL stands (picture events have no URL in their content).
pub fn one(tag: &Tag) -> Option<InMedia> {
    let field = |name: &str| {
        tag.iter()
            .skip(1)
            .find_map(|v| v.strip_prefix(name)?.strip_prefix(' '))
            .map(str::trim)
            .filter(|v| !v.is_empty())
    };
    let url = field("url").filter(|u| is_web(u))?;
    let dim = field("dim").and_then(|d| d.split_once('x'));
    let pixels = |side: &str| side.parse::<u32>().ok().filter(|n| (1..=100_000).contains(n));
    let dim = dim.and_then(|(w, h)| Some((pixels(w)?, pixels(h)?)));
    let mime = field("m")
        .filter(|m| m.len() <= 100)
        .map(str::to_ascii_lowercase)
        .unwrap_or_else(|| guess(url).to_owned());
    Some(InMedia {
        url: url.to_owned(),
        preview_url: field("image").or(field("thumb")).filter(|u| is_web(u)).map(str::to_owned),
        kind: kind_of(&mime),
        mime,
        description: field("alt").map(str::to_owned),
        sensitive: false,
        meta: MediaMeta {
            width: dim.map(|d: (u32, u32)| d.0),
            height: dim.map(|d| d.1),
            blurhash: field("blurhash")
                .filter(|b| (6..=200).contains(&b.len()) && b.is_ascii())
                .map(str::to_owned),
            sha256: field("x").filter(|x| crate::event::is_hex32(x)).map(str::to_owned),
            size: field("size").and_then(|s| s.parse().ok()),
            duration: field("duration")
                .and_then(|d| d.parse().ok())
                .filter(|d: &f32| d.is_finite() && *d >= 0.0),
            ..MediaMeta::default()
        },
    })
}

/// A bare URL whose path ends like a medium: many clients post pictures so, without a tag.
pub fn bare(url: &str) -> Option<InMedia> {
    let mime = guess(url);
    (mime != UNKNOWN && is_web(url)).then(|| InMedia {
        url: url.to_owned(),
        preview_url: None,
        kind: kind_of(mime),
        mime: mime.to_owned(),
        description: None,
        sensitive: false,
        meta: MediaMeta::default(),
    })
}

/// The tag of one of our media, served at `url`.
pub fn write(media: &Media, url: &str) -> Tag {
    let meta = &media.meta;
    let mut tag: Tag = vec!["imeta".into(), format!("url {url}")];
    let mut put = |name: &str, value: Option<String>| {
        tag.extend(value.filter(|v| !v.is_empty()).map(|v| format!("{name} {v}")))
    };
    put("m", Some(media.mime.clone()));
    put("x", meta.sha256.clone());
    put("dim", meta.width.zip(meta.height).map(|(w, h)| format!("{w}x{h}")));
    put("blurhash", meta.blurhash.clone());
    put("size", meta.size.map(|s| s.to_string()));
    put("duration", meta.duration.map(|d| d.to_string()));
    // One line: a tag's value is a name, a space, and the rest.
    put("alt", media.description.as_ref().map(|d| d.replace(['\r', '\n'], " ")));
    tag
}

const UNKNOWN: &str = "application/octet-stream";

fn guess(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).as_deref() {
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("avif") => "image/avif",
        Some("mp4" | "m4v") => "video/mp4",
        Some("webm") => "video/webm",
        Some("mov") => "video/quicktime",
        Some("mp3") => "audio/mpeg",
        Some("ogg" | "opus") => "audio/ogg",
        Some("wav") => "audio/wav",
        _ => UNKNOWN,
    }
}

fn kind_of(mime: &str) -> MediaKind {
    match mime.split('/').next() {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::Unknown,
    }
}

fn is_web(url: &str) -> bool {
    url.len() < 2_000
        && url::Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_alike() {
        let media = Media {
            id: landbridge_model::Id(1),
            kind: MediaKind::Image,
            mime: "image/png".into(),
            file: Some("a.png".into()),
            preview: None,
            remote_url: None,
            description: Some("A cat\non a mat".into()),
            meta: MediaMeta {
                width: Some(3),
                height: Some(2),
                blurhash: Some("LEHV6nWB2yk8pyo0adR*.7kCMdnj".into()),
                sha256: Some("0".repeat(64)),
                size: Some(9),
                ..MediaMeta::default()
            },
            sensitive: false,
        };
        let url = "https://h.example/media/a.png";
        let tags = [write(&media, url)];
        let read_back = read(&tags, &format!("see {url}"));
        assert_eq!(read_back[0].description.as_deref(), Some("A cat on a mat"));
        assert_eq!(read_back[0].meta, media.meta);
        assert_eq!((read_back[0].mime.as_str(), read_back[0].kind), ("image/png", MediaKind::Image));
        assert!(read(&tags, "no url").is_empty());
        assert!(bare("https://h.example/x.JPG?y=1").is_some());
        assert!(bare("https://h.example/x").is_none());
        assert!(one(&vec!["imeta".into(), "url javascript:alert(1)".into()]).is_none());
    }
}
