//! docs/entities/Tag

use super::Show;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Tag<'a> {
    id: &'a str,
    name: &'a str,
    url: String,
    /// Use by day, which is not counted here.
    history: [(); 0],
    following: bool,
}

impl<'a> Tag<'a> {
    pub fn new(show: &Show<'_>, name: &'a str) -> Tag<'a> {
        Tag { id: name, name, url: show.tag_url(name), history: [], following: false }
    }
}
