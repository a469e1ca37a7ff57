//! The messages between client and relay (NIP-01, 42, 45), each side's parser and writer.

mod client;
mod filter;
mod server;

pub use client::{ClientFrame, FrameError, FrameLimits};
pub use filter::{Filter, FilterError};
pub use server::{Reason, ServerFrame, frames, req};
