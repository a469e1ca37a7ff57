//! docs/entities/PreviewCard

use super::Show;
use landbridge_model::LinkCard;
use serde::Serialize;

/// Whatever is not known is empty or 0: clients expect every field.
#[derive(Serialize)]
pub(crate) struct PreviewCard<'a> {
    url: &'a str,
    title: &'a str,
    description: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    author_name: &'static str,
    author_url: &'static str,
    authors: [(); 0],
    provider_name: &'a str,
    provider_url: &'static str,
    html: &'static str,
    width: u32,
    height: u32,
    image: Option<String>,
    image_description: &'a str,
    embed_url: &'static str,
    blurhash: Option<&'static str>,
    language: Option<&'static str>,
    published_at: Option<&'static str>,
}

impl<'a> PreviewCard<'a> {
    pub fn new(show: &Show<'_>, card: &'a LinkCard) -> PreviewCard<'a> {
        let picture = card.picture.as_ref();
        PreviewCard {
            url: &card.url,
            title: &card.title,
            description: &card.description,
            kind: "link",
            author_name: "",
            author_url: "",
            authors: [],
            provider_name: &card.site,
            provider_url: "",
            html: "",
            width: picture.and_then(|picture| picture.width).unwrap_or(0),
            height: picture.and_then(|picture| picture.height).unwrap_or(0),
            image: picture.map(|picture| show.proxied(&picture.url)),
            image_description: picture.map_or("", |picture| &picture.description),
            embed_url: "",
            blurhash: None,
            language: None,
            published_at: None,
        }
    }
}
