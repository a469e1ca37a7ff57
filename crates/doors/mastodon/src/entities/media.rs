//! docs/entities/MediaAttachment

use super::Show;
use landbridge_model::{Media, MediaKind};
use serde::Serialize;
use serde_json::{Map, Value, json};

#[derive(Serialize)]
pub(crate) struct MediaAttachment<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    url: Option<String>,
    preview_url: Option<String>,
    remote_url: Option<&'a str>,
    preview_remote_url: Option<&'a str>,
    text_url: Option<&'a str>,
    meta: Map<String, Value>,
    description: Option<&'a str>,
    blurhash: Option<&'a str>,
}

impl<'a> MediaAttachment<'a> {
    pub fn new(show: &Show<'_>, media: &'a Media) -> MediaAttachment<'a> {
        let elsewhere = media.remote_url.as_deref();
        let is_shown = media.file.is_some() || show.hub.may_show(media);
        let url = media.file.as_deref().map(|f| show.file(f));
        // What we cannot show is a link; some apps fail where there is none.
        let url = url.or_else(|| elsewhere.map(|u| if is_shown { show.proxied(u) } else { u.to_owned() }));
        // Of a file elsewhere the small version is elsewhere, too.
        let preview = media.preview.as_deref();
        let preview = preview.map(|f| if media.file.is_some() { show.file(f) } else { show.proxied(f) });
        let seen = elsewhere.filter(|_| media.file.is_none() && is_shown && has_preview(show, media.kind));
        let preview = preview.or_else(|| seen.map(|u| format!("{}?small", show.proxied(u))));
        MediaAttachment {
            id: media.id.to_string(),
            kind: if is_shown { kind(media.kind) } else { "unknown" },
            url,
            preview_url: preview,
            remote_url: elsewhere,
            preview_remote_url: None,
            text_url: None,
            meta: meta(media),
            description: media.description.as_deref(),
            blurhash: media.meta.blurhash.as_deref(),
        }
    }
}

/// Whether there can be a small version of a remote file.
fn has_preview(show: &Show<'_>, kind: MediaKind) -> bool {
    match kind {
        MediaKind::Image => true,
        MediaKind::Gifv | MediaKind::Video => show.hub.media().previews_videos(),
        MediaKind::Audio | MediaKind::Unknown => false,
    }
}

fn kind(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Gifv => "gifv",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Unknown => "unknown",
    }
}

fn meta(media: &Media) -> Map<String, Value> {
    let mut meta = Map::new();
    let size = |w: u32, h: u32| json!({ "width": w, "height": h, "size": format!("{w}x{h}"), "aspect": f64::from(w) / f64::from(h.max(1)) });
    let m = &media.meta;
    if let (Some(w), Some(h)) = (m.width, m.height) {
        let mut original = size(w, h);
        if let (Some(duration), Some(object)) = (m.duration, original.as_object_mut()) {
            object.insert("duration".into(), json!(duration));
        }
        meta.insert("original".into(), original);
    } else if let Some(duration) = m.duration {
        meta.insert("original".into(), json!({ "duration": duration }));
    }
    if let (Some(w), Some(h)) = (m.preview_width, m.preview_height) {
        meta.insert("small".into(), size(w, h));
    }
    if let Some((x, y)) = m.focus {
        // A `Value` holds an f32 as the f64 next to it, and would print 0.1 as 0.10000000149.
        let decimal = |c: f32| c.to_string().parse::<f64>().unwrap_or_default();
        meta.insert("focus".into(), json!({ "x": decimal(x), "y": decimal(y) }));
    }
    meta
}
