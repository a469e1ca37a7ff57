//! Cards: a page that a post links to, in a few words.

use serde::{Deserialize, Serialize};

/// A page as it is shown below a post.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkCard {
    /// As the post links to it.
    pub url: String,
    pub title: String,
    /// May be empty, as all that follows.
    pub description: String,
    /// Name of the site.
    pub site: String,
    pub picture: Option<CardPicture>,
}

/// A picture elsewhere; people here see it through us.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardPicture {
    pub url: String,
    pub description: String,
    /// Pixels, as the page says.
    pub width: Option<u32>,
    pub height: Option<u32>,
}
