//! Objects of the network in the model's words. Nothing here waits for anything: JSON in, values out.

mod actor;
mod elsewhere;
mod media;
pub mod policy;
mod poll;
mod post;
mod quote;
mod reaction;
mod tags;

pub use actor::{Facts, KeyFact, ReadActor, actor};
pub use post::{ReadPost, is_vote, post};
pub use reaction::reaction;

use url::Url;

/// Usable as an id or link: http(s), with a host, not absurdly long.
pub(crate) fn web_url(text: &str) -> Option<&str> {
    let text = text.trim();
    let url = Some(text).filter(|t| t.len() <= 2048).and_then(|t| Url::parse(t).ok())?;
    (matches!(url.scheme(), "http" | "https") && url.host_str().is_some()).then_some(text)
}
