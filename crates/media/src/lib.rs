//! Pictures, video and sound: taken in safely, kept by their content, served with care.
//!
//! Nothing here trusts a file name or a claimed type: [`Sniffed`] reads the first bytes. Pictures are decoded in a
//! child process ([`worker_main`]) with little memory, little time and no way to write, and only what that process
//! encodes anew is kept; so neither metadata nor a file that is two things at once survives. A file is on disk,
//! synced, before [`MediaStore::ingest`] returns, and hence before any row can name it.
//!
//! This crate knows neither the hub nor the store.

// Whatever the network says must not end a request, and still less the process.
#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::unreachable)]
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod error;
mod ffmpeg;
mod files;
mod formats;
#[doc(hidden)]
pub mod fuzzing;
mod limits;
mod serve;
mod sniff;
mod store;
mod worker;

pub use error::{Error, Refusal};
pub use limits::{Limits, Purpose};
pub use serve::{router, serve, url_path};
pub use sniff::Sniffed;
pub use store::{Config, MediaStore, names_of};
pub use worker::{Worker, worker_main};
