//! docs/entities/CustomEmoji

use super::Show;
use landbridge_model::Emoji;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct CustomEmoji<'a> {
    shortcode: &'a str,
    url: String,
    static_url: String,
    visible_in_picker: bool,
    category: Option<&'a str>,
}

pub(crate) fn emojis<'a>(show: &Show<'_>, emojis: &'a [Emoji]) -> Vec<CustomEmoji<'a>> {
    let one = |e: &'a Emoji| CustomEmoji {
        shortcode: &e.shortcode,
        url: show.proxied(&e.url),
        static_url: show.proxied(e.static_url.as_deref().unwrap_or(&e.url)),
        visible_in_picker: true,
        category: None,
    };
    emojis.iter().map(one).collect()
}
