//! One file per family of formats.

pub mod gif;
pub mod mp4;
pub mod picture;
