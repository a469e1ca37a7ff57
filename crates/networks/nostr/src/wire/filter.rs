//! Filters (NIP-01).

use crate::event::{Event, Hex32, Kind, TagsExt};
use serde_json::Value;
use std::collections::BTreeMap;

/// One filter: all given conditions must hold. `None` is no condition, an empty list matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Sorted, as are the other lists.
    pub ids: Option<Vec<Hex32>>,
    pub authors: Option<Vec<Hex32>>,
    pub kinds: Option<Vec<Kind>>,
    /// By letter; any of the values.
    pub tags: BTreeMap<char, Vec<String>>,
    /// Seconds since the epoch, inclusive, as `until`.
    pub since: Option<i64>,
    pub until: Option<i64>,
    /// Concerns stored events only.
    pub limit: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("a filter is a JSON object")]
    NotAnObject,
    #[error("{0} has a wrong form")]
    Field(String),
    #[error("{0} is not supported")]
    Unsupported(String),
    #[error("too many values")]
    TooMany,
}

impl Filter {
    /// Reads a filter with at most `max` values in all. Names that NIP-01 does not know are refused: leaving a
    /// condition out would answer more than was asked.
    pub fn parse(value: &Value, max: usize) -> Result<Filter, FilterError> {
        let object = value.as_object().ok_or(FilterError::NotAnObject)?;
        let wrong = |name: &str| FilterError::Field(name.to_owned());
        let mut filter = Filter::default();
        let mut count = 0;
        for (name, value) in object {
            count += value.as_array().map_or(1, Vec::len);
            if count > max {
                return Err(FilterError::TooMany);
            }
            match name.as_str() {
                "ids" => filter.ids = Some(hex_list(value).ok_or_else(|| wrong(name))?),
                "authors" => filter.authors = Some(hex_list(value).ok_or_else(|| wrong(name))?),
                "kinds" => filter.kinds = Some(kind_list(value).ok_or_else(|| wrong(name))?),
                "since" => filter.since = Some(time(value).ok_or_else(|| wrong(name))?),
                "until" => filter.until = Some(time(value).ok_or_else(|| wrong(name))?),
                "limit" => {
                    let limit = value.as_u64().ok_or_else(|| wrong(name))?;
                    filter.limit = Some(u32::try_from(limit).unwrap_or(u32::MAX));
                }
                _ => {
                    let letter = tag_letter(name).ok_or_else(|| FilterError::Unsupported(name.clone()))?;
                    let values = tag_list(letter, value).ok_or_else(|| wrong(name))?;
                    filter.tags.insert(letter, values);
                }
            }
        }
        Ok(filter)
    }

    pub fn to_json(&self) -> Value {
        let mut object = serde_json::Map::new();
        let mut put = |name: &str, value: Value| object.insert(name.to_owned(), value);
        if let Some(ids) = &self.ids {
            put("ids", ids.iter().map(Hex32::to_string).collect());
        }
        if let Some(authors) = &self.authors {
            put("authors", authors.iter().map(Hex32::to_string).collect());
        }
        if let Some(kinds) = &self.kinds {
            put("kinds", kinds.iter().copied().collect());
        }
        for (letter, values) in &self.tags {
            put(&format!("#{letter}"), values.iter().map(String::as_str).collect());
        }
        for (name, number) in
            [("since", self.since), ("until", self.until), ("limit", self.limit.map(i64::from))]
        {
            if let Some(number) = number {
                put(name, number.into());
            }
        }
        Value::Object(object)
    }

    /// Whether an event satisfies every condition (`limit` is none).
    pub fn matches(&self, event: &Event) -> bool {
        let listed =
            |list: &Option<Vec<Hex32>>, x: &Hex32| list.as_ref().is_none_or(|l| l.binary_search(x).is_ok());
        listed(&self.ids, &event.id)
            && listed(&self.authors, &event.pubkey)
            && self.kinds.as_ref().is_none_or(|l| l.binary_search(&event.kind).is_ok())
            && self.since.is_none_or(|t| event.created_at >= t)
            && self.until.is_none_or(|t| event.created_at <= t)
            && self.tags.iter().all(|(letter, wanted)| {
                let mut name = [0; 4];
                let name = letter.encode_utf8(&mut name);
                event.tags.values(name).any(|v| wanted.binary_search_by(|w| w.as_str().cmp(v)).is_ok())
            })
    }

    /// Nothing can match it.
    pub fn is_empty(&self) -> bool {
        let none = |list: &Option<Vec<Hex32>>| list.as_ref().is_some_and(Vec::is_empty);
        none(&self.ids)
            || none(&self.authors)
            || self.kinds.as_ref().is_some_and(Vec::is_empty)
            || self.tags.values().any(Vec::is_empty)
            || matches!((self.since, self.until), (Some(since), Some(until)) if since > until)
    }

    // Builders for our own requests.

    pub fn kinds(mut self, kinds: impl IntoIterator<Item = Kind>) -> Filter {
        self.kinds = Some(sorted(kinds.into_iter().collect()));
        self
    }

    pub fn authors(mut self, authors: impl IntoIterator<Item = Hex32>) -> Filter {
        self.authors = Some(sorted(authors.into_iter().collect()));
        self
    }

    pub fn ids(mut self, ids: impl IntoIterator<Item = Hex32>) -> Filter {
        self.ids = Some(sorted(ids.into_iter().collect()));
        self
    }

    pub fn tag(mut self, letter: char, values: impl IntoIterator<Item = String>) -> Filter {
        self.tags.insert(letter, sorted(values.into_iter().collect()));
        self
    }

    pub fn since(mut self, seconds: i64) -> Filter {
        self.since = Some(seconds.max(0));
        self
    }

    pub fn until(mut self, seconds: i64) -> Filter {
        self.until = Some(seconds.max(0));
        self
    }

    pub fn limit(mut self, limit: u32) -> Filter {
        self.limit = Some(limit);
        self
    }
}

/// `#x` with one letter.
fn tag_letter(name: &str) -> Option<char> {
    let mut chars = name.strip_prefix('#')?.chars();
    let letter = chars.next().filter(char::is_ascii_alphabetic)?;
    chars.next().is_none().then_some(letter)
}

fn hex_list(value: &Value) -> Option<Vec<Hex32>> {
    let list: Option<Vec<Hex32>> = value.as_array()?.iter().map(|v| v.as_str()?.parse().ok()).collect();
    list.map(sorted)
}

fn kind_list(value: &Value) -> Option<Vec<Kind>> {
    let list: Option<Vec<Kind>> = value.as_array()?.iter().map(|v| v.as_u64()?.try_into().ok()).collect();
    list.map(sorted)
}

/// `#e` and `#p` are ids and keys: exact.
fn tag_list(letter: char, value: &Value) -> Option<Vec<String>> {
    let list: Option<Vec<String>> = value.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect();
    let list = list?;
    let exact = matches!(letter, 'e' | 'p') && !list.iter().all(|v| crate::event::is_hex32(v));
    (!exact).then(|| sorted(list))
}

fn time(value: &Value) -> Option<i64> {
    value.as_u64().map(|n| i64::try_from(n).unwrap_or(i64::MAX))
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort_unstable();
    list.dedup();
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};
    use serde_json::json;

    fn event() -> Event {
        let tags = vec![vec!["t".into(), "rust".into(), "second".into()], vec!["E".into(), "root".into()]];
        Keys::generate().sign(Template { created_at: 100, kind: 1, tags, content: String::new() })
    }

    #[test]
    fn conditions_are_all_needed_and_values_are_alternatives() {
        let event = event();
        let ok = |v: Value| Filter::parse(&v, 100).unwrap().matches(&event);
        assert!(ok(json!({})));
        assert!(ok(json!({"ids": [event.id], "authors": ["0".repeat(64), event.pubkey], "kinds": [7, 1]})));
        assert!(!ok(json!({"ids": [event.id], "kinds": [7]})));
        assert!(ok(json!({"#t": ["go", "rust"], "since": 100, "until": 100})));
        assert!(!ok(json!({"since": 101})));
        assert!(!ok(json!({"until": 99})));
        // Only the first value counts, and letters differ by case.
        assert!(!ok(json!({"#t": ["second"]})));
        assert!(ok(json!({"#E": ["root"]})));
        assert!(!ok(json!({"#e": ["0".repeat(64)]})));
        assert!(!ok(json!({"kinds": []})));
    }

    #[test]
    fn form_is_strict() {
        let bad = |v: Value| Filter::parse(&v, 3).is_err();
        assert!(bad(json!([])));
        assert!(bad(json!({"ids": ["abcd"]})));
        assert!(bad(json!({"authors": ["A".repeat(64)]})));
        assert!(bad(json!({"#p": ["x"]})));
        assert!(bad(json!({"#ab": ["x"]})));
        assert!(bad(json!({"search": "x"})));
        assert!(bad(json!({"kinds": [1, 2, 3, 4]})));
        assert!(bad(json!({"kinds": [-1]})));
        assert!(bad(json!({"limit": -1})));
    }

    #[test]
    fn written_and_read_alike() {
        let filter = Filter::default().kinds([7, 1]).tag('p', [Hex32([3; 32]).to_string()]).since(5).limit(9);
        assert_eq!(Filter::parse(&filter.to_json(), 10).unwrap(), filter);
        assert!(Filter::default().kinds([]).is_empty());
    }
}
