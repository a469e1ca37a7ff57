//! Who an account is: its DID, and what the DID says (<https://atproto.com/specs/did>).
//!
//! - [`DidDocument`]: handle, key and server of an account.
//! - [`did_web_url`], [`did_web_host`], [`did_web_of`]: where the document of a `did:web` is, and whose it is.
//! - [`plc`]: operations of `did:plc`, and the log of a directory.

mod document;
pub mod plc;
mod web;

pub use document::{DidDocument, DocumentError, ServiceEntry};
pub use web::{did_web_host, did_web_of, did_web_url};
