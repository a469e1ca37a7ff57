//! Language tags: BCP 47 (<https://www.rfc-editor.org/rfc/rfc5646>), of which lexicons want the well-formed ones.

use super::{SyntaxError, checked_string};
use std::collections::HashSet;

/// A language tag as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Language(Box<str>);

checked_string!(Language);

/// Tags of RFC 5646 section 2.2.8 that do not follow its grammar.
const IRREGULAR: [&str; 17] = [
    "en-GB-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-BE-FR",
    "sgn-BE-NL",
    "sgn-CH-DE",
];

/// Tags of the same section that look like the grammar, but with other meaning; only these break it.
const REGULAR: [&str; 3] = ["zh-min", "zh-min-nan", "no-bok"];

impl Language {
    /// A tag that follows the grammar (the language in small letters, as the network wants it), with no variant and no
    /// extension given twice.
    pub fn parse(text: &str) -> Result<Language, SyntaxError> {
        match well_formed(text) {
            Ok(true) => Ok(Language(text.into())),
            Ok(false) => Err(no("a variant or extension is given twice")),
            Err(error) => Err(error),
        }
    }

    /// The language itself: `pt` of `pt-BR`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

const fn no(why: &'static str) -> SyntaxError {
    SyntaxError { kind: "language tag", why }
}

/// Whether the tag has no repeated variant or extension; an error if it does not follow the grammar.
fn well_formed(text: &str) -> Result<bool, SyntaxError> {
    if text.len() > 128 {
        return Err(no("longer than 128 characters"));
    }
    if IRREGULAR.iter().chain(&REGULAR).any(|known| known.eq_ignore_ascii_case(text)) {
        return Ok(true);
    }
    let subtags: Vec<&str> = text.split('-').collect();
    if subtags.iter().any(|s| s.is_empty() || s.len() > 8 || !s.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return Err(no("a subtag is not 1 to 8 letters and digits"));
    }
    let mut rest = Subtags { list: &subtags };
    if rest.list.first().is_some_and(|s| s.eq_ignore_ascii_case("x")) {
        return if rest.list.len() > 1 { Ok(true) } else { Err(no("nothing after x")) };
    }
    if !rest.take(|s| (2..=3).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_lowercase())) {
        return Err(no("the language is not 2 or 3 small letters"));
    }
    for _ in 0..3 {
        rest.take(|s| s.len() == 3 && alphabetic(s));
    }
    rest.take(|s| s.len() == 4 && alphabetic(s));
    rest.take(|s| s.len() == 2 && alphabetic(s) || s.len() == 3 && s.bytes().all(|b| b.is_ascii_digit()));
    let mut once = true;
    let mut seen = HashSet::new();
    while let Some(variant) = rest.next_if(|s| {
        (5..=8).contains(&s.len()) || s.len() == 4 && s.starts_with(|c: char| c.is_ascii_digit())
    }) {
        once &= seen.insert(variant.to_ascii_lowercase());
    }
    while let Some(singleton) = rest.next_if(|s| s.len() == 1 && !s.eq_ignore_ascii_case("x")) {
        once &= seen.insert(singleton.to_ascii_lowercase());
        if !rest.take(|s| s.len() >= 2) {
            return Err(no("an empty extension"));
        }
        while rest.take(|s| s.len() >= 2) {}
    }
    match rest.list {
        [] => Ok(once),
        [x, _, ..] if x.eq_ignore_ascii_case("x") => Ok(once),
        _ => Err(no("a subtag in the wrong place")),
    }
}

fn alphabetic(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphabetic())
}

struct Subtags<'a> {
    list: &'a [&'a str],
}

impl<'a> Subtags<'a> {
    fn next_if(&mut self, wanted: impl Fn(&str) -> bool) -> Option<&'a str> {
        let (first, rest) = self.list.split_first()?;
        wanted(first).then(|| {
            self.list = rest;
            *first
        })
    }

    fn take(&mut self, wanted: impl Fn(&str) -> bool) -> bool {
        self.next_if(wanted).is_some()
    }
}
