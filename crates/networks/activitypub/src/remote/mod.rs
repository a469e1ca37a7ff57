//! Asking other servers: documents, actors, keys, addresses. Every request is signed by the server's own actor.

mod actors;
mod collections;
mod documents;
mod keys;
mod pages;
mod papers;
mod stamps;
mod threads;
mod webfinger;

pub(crate) use actors::FetchedActor;
pub(crate) use documents::{Document, Missing};
pub(crate) use keys::{KeyError, SignerKey};
pub(crate) use webfinger::{read_descriptor, read_template};
