//! Pictures, video, sound: attached to posts.

use crate::Id;
use serde::{Deserialize, Serialize};

/// One attachment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// 0 as long as it has no row of its own (a remote attachment that was never fetched gets one on receipt).
    pub id: Id,
    pub kind: MediaKind,
    /// Checked type, such as `image/png`; for remote media that was not fetched, what the other side claims.
    pub mime: String,
    /// File name in our media store; `None` for remote media (which is served through the local proxy).
    pub file: Option<String>,
    /// File name of the small version.
    pub preview: Option<String>,
    /// Where it came from; `None` when uploaded here.
    pub remote_url: Option<String>,
    /// Alternative text, in the author's words.
    pub description: Option<String>,
    pub meta: MediaMeta,
    /// The author's side marked this one file as sensitive.
    #[serde(default)]
    pub sensitive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    Image,
    /// Looped, silent video.
    Gifv,
    Video,
    Audio,
    Unknown,
}

/// What is known of the picture itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaMeta {
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Pixels, of the small version.
    pub preview_width: Option<u32>,
    pub preview_height: Option<u32>,
    pub blurhash: Option<String>,
    /// x and y from -1.0 to 1.0: where to look when the picture is cropped.
    pub focus: Option<(f32, f32)>,
    /// Seconds.
    pub duration: Option<f32>,
    /// SHA-256 of the file as served, lower-case hex.
    pub sha256: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
}
