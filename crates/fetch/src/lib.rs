//! The only way out of the process: every request that Landbridge makes to somebody else's machine goes through a
//! [`Fetcher`], which decides *where to* (no private address, by literal, by name or by redirect), *how much* (bytes
//! counted after decompression), *how long*, and in a local trial that nothing leaves the machine at all.

// Whatever the network says must not end a request, and still less the process.
#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::unreachable)]
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod address;
mod client;
mod error;
mod policy;
mod resolve;
mod stream;
mod tls;
mod txt;

pub use client::{Answer, Fetcher, Response};
pub use error::{Error, Refusal, Retry};
pub use policy::{Loopback, Policy};
pub use stream::Stream;
