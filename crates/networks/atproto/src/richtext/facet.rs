//! Facets: what a range of the text is.

use crate::{
    data::{Map, Value},
    syntax::Did,
};
use landbridge_model::{Mark, MarkKind, RichText, richtext::normal_tag};
use unicode_segmentation::UnicodeSegmentation;

/// Most facets of one text that are read.
pub const MAX_FACETS: usize = 1000;

/// Longest tag, in graphemes and in bytes.
const MAX_TAG: (usize, usize) = (64, 640);

/// A range of the text and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// Bytes.
    pub start: usize,
    /// Bytes, exclusive.
    pub end: usize,
    pub feature: Feature,
}

/// What a range is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Someone of this network.
    Mention(Did),
    /// A URL.
    Link(String),
    /// Without `#`.
    Tag(String),
}

/// Facets that do not fit their text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FacetError {
    #[error("facets are a list of ranges with features")]
    Shape,
    #[error("more than {MAX_FACETS} facets")]
    TooMany,
    #[error("a range that is empty, backwards, or beyond the end of the text")]
    Range,
    #[error("a range that begins or ends inside a character")]
    InsideCharacter,
    #[error("ranges that overlap")]
    Overlap,
}

impl Facet {
    /// Reads the facets of a text. Features that are not known are left out, and so are ranges that have no other; every
    /// range must be good.
    pub fn read_all(text: &str, facets: &Value) -> Result<Vec<Facet>, FacetError> {
        let list = facets.as_list().ok_or(FacetError::Shape)?;
        if list.len() > MAX_FACETS {
            return Err(FacetError::TooMany);
        }
        let mut found = list.iter().map(|facet| read(text, facet)).collect::<Result<Vec<_>, _>>()?;
        found.sort_by_key(|(start, end, _)| (*start, *end));
        if found.windows(2).any(|pair| matches!(pair, [(_, end, _), (start, ..)] if start < end)) {
            return Err(FacetError::Overlap);
        }
        let known = found
            .into_iter()
            .filter_map(|(start, end, feature)| Some(Facet { start, end, feature: feature? }));
        Ok(known.collect())
    }

    /// As data.
    pub fn to_map(&self) -> Map {
        let feature = match &self.feature {
            Feature::Mention(did) => {
                Map::new().with("$type", "app.bsky.richtext.facet#mention").with("did", did.as_str())
            }
            Feature::Link(uri) => {
                Map::new().with("$type", "app.bsky.richtext.facet#link").with("uri", uri.as_str())
            }
            Feature::Tag(tag) => {
                Map::new().with("$type", "app.bsky.richtext.facet#tag").with("tag", tag.as_str())
            }
        };
        let index = Map::new().with("byteStart", self.start as i64).with("byteEnd", self.end as i64);
        Map::new().with("index", index).with("features", vec![feature])
    }
}

type Found = (usize, usize, Option<Feature>);

fn read(text: &str, facet: &Value) -> Result<Found, FacetError> {
    let index = facet.get("index").ok_or(FacetError::Shape)?;
    let place = |field: &str| index.get(field).and_then(Value::as_int).ok_or(FacetError::Shape);
    let place = |field| place(field).and_then(|n| usize::try_from(n).map_err(|_| FacetError::Range));
    let (start, end) = (place("byteStart")?, place("byteEnd")?);
    if start >= end || end > text.len() {
        return Err(FacetError::Range);
    }
    if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
        return Err(FacetError::InsideCharacter);
    }
    let features = facet.get("features").and_then(Value::as_list).ok_or(FacetError::Shape)?;
    Ok((start, end, features.iter().take(16).find_map(feature)))
}

fn feature(value: &Value) -> Option<Feature> {
    let map = value.as_map()?;
    match map.text("$type")?.strip_prefix("app.bsky.richtext.facet#")? {
        "mention" => Did::parse(map.text("did")?).ok().map(Feature::Mention),
        "link" => {
            let uri = map.text("uri").filter(|uri| uri.len() <= 8192)?;
            let url = url::Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
            Some(Feature::Link(url.to_string()))
        }
        "tag" => {
            let tag = map.text("tag").filter(|tag| !normal_tag(tag).is_empty() && tag_fits(tag))?;
            Some(Feature::Tag(tag.to_owned()))
        }
        _ => None,
    }
}

fn tag_fits(tag: &str) -> bool {
    tag.len() <= MAX_TAG.1 && tag.graphemes(true).count() <= MAX_TAG.0
}

/// The text of a post with what its facets say, for reading: bad ranges are left out one by one, and of overlapping ones
/// the later. Mentions have the DID as `id`, what is written as `acct`, and no URL: the caller knows them, or does not.
pub fn from_facets(text: &str, facets: Option<&Value>) -> RichText {
    let list = facets.and_then(Value::as_list).unwrap_or_default();
    let mut found: Vec<Found> =
        list.iter().take(MAX_FACETS).filter_map(|facet| read(text, facet).ok()).collect();
    found.sort_by_key(|(start, end, _)| (*start, *end));
    let mut marks: Vec<Mark> = Vec::new();
    for (start, end, feature) in found {
        let overlaps = marks.last().is_some_and(|last| start < last.end as usize);
        let (Some(feature), false) = (feature, overlaps) else { continue };
        let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(end)) else { continue };
        let kind = match feature {
            Feature::Mention(did) => {
                let acct = text.get(start..end).unwrap_or_default().trim_start_matches('@').to_owned();
                MarkKind::Mention { id: did.to_string(), acct, url: String::new() }
            }
            Feature::Link(url) => MarkKind::Link { url },
            Feature::Tag(tag) => MarkKind::Tag { name: normal_tag(&tag) },
        };
        marks.push(Mark { start: from, end: to, kind });
    }
    RichText::new(text.to_owned(), marks)
}

/// The facets of a text, in order and without overlap. Mentions of other networks become links to their profile;
/// emphasis and the like have no facet.
pub fn to_facets(rich: &RichText) -> Vec<Facet> {
    let mut facets: Vec<Facet> = Vec::new();
    for mark in &rich.marks {
        let (start, end) = (mark.start as usize, mark.end as usize);
        if facets.last().is_some_and(|last| start < last.end) {
            continue;
        }
        let web =
            |url: &str| (url.starts_with("https://") || url.starts_with("http://")).then(|| url.to_owned());
        let feature = match &mark.kind {
            MarkKind::Mention { id, url, .. } => match Did::parse(id) {
                Ok(did) => Some(Feature::Mention(did)),
                Err(_) => web(url).map(Feature::Link),
            },
            MarkKind::Link { url } => web(url).map(Feature::Link),
            MarkKind::Tag { name } => {
                // As it was written: its capitals separate the words for screen readers.
                let written = rich.of(mark).trim_start_matches(['#', '＃']);
                let tag = if normal_tag(written) == *name { written } else { name };
                tag_fits(tag).then(|| Feature::Tag(tag.to_owned()))
            }
            _ => None,
        };
        facets.extend(feature.map(|feature| Facet { start, end, feature }));
    }
    facets
}
