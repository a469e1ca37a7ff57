//! How much a file may cost.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Bounds on what is accepted and kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of a picture as sent.
    pub image_bytes: usize,
    /// Bytes of video or sound as sent.
    pub video_bytes: usize,
    /// Width times height of a picture as sent.
    pub pixels: u64,
    /// Width or height of a picture as sent.
    pub side: u32,
    /// Pictures of an animation.
    pub frames: u32,
    /// Width times height times frames of an animation.
    pub animation_pixels: u64,
    /// Width times height of a picture as kept; bigger ones are made smaller.
    pub kept_pixels: u64,
    /// Width and height within which the small version fits.
    pub preview_side: u32,
    /// Bytes of address space of the process that decodes.
    pub memory: u64,
    /// From handing over the file to the answer; half of it is granted as processor time.
    pub time: Duration,
    /// Processes that decode at the same time.
    pub workers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            image_bytes: 16 << 20,
            video_bytes: 40 << 20,
            pixels: 40_000_000,
            side: 16_384,
            frames: 2_000,
            animation_pixels: 400_000_000,
            kept_pixels: 8_300_000,
            preview_side: 640,
            memory: 1 << 30,
            time: Duration::from_secs(30),
            workers: 2,
        }
    }
}

/// Bytes and longest side of a picture for networks that take small files alone.
pub const SMALL_BYTES: usize = 976_000;
pub const SMALL_SIDE: u32 = 2000;

/// What a file is for, which decides its size and whether it must be a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Attached to a post.
    Attachment,
    /// Cut to a square of at most 400 pixels.
    Avatar,
    /// At most 1500 by 500 pixels.
    Header,
    /// A copy for networks that take small files alone: at most [`SMALL_SIDE`] pixels a side and [`SMALL_BYTES`].
    Small,
}
