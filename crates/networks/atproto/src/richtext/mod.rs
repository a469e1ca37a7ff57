//! Text of posts (<https://atproto.com/lexicons/app-bsky-richtext>, `app.bsky.richtext.facet`) and the model's
//! [`RichText`](landbridge_model::RichText): both are plain text with ranges of UTF-8 bytes, so nothing is parsed.

mod facet;
mod split;

pub use facet::{Facet, FacetError, Feature, MAX_FACETS, from_facets, to_facets};
pub use split::{POST, TextLimits, cut, fits, split};
