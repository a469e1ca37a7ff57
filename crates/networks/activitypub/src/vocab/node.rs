//! Reading JSON of uncertain shape: a scalar where a list is expected and the reverse, an id where an object is.

use landbridge_model::Time;
use serde_json::Value;

/// Entries of a list that are looked at; what comes after is ignored.
const MAX_LIST: usize = 256;

/// A JSON value, borrowed, with readers that never fail: what has not the right shape is not there.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a>(pub &'a Value);

impl<'a> Node<'a> {
    pub fn get(self, name: &str) -> Option<Node<'a>> {
        self.0.get(name).filter(|v| !v.is_null()).map(Node)
    }

    /// Has the member, whatever it is.
    pub fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A string, the first of a list of strings, or a JSON-LD value object.
    pub fn text(self, name: &str) -> Option<&'a str> {
        self.list(name).find_map(|n| n.0.as_str().or_else(|| n.0.get("@value")?.as_str()))
    }

    /// The id of what a member names: a string, an object with `id` (or `href`, of a Link), or the first of a list.
    pub fn id(self, name: &str) -> Option<&'a str> {
        self.list(name).find_map(Node::as_id)
    }

    /// The ids of all entries.
    pub fn ids(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.list(name).filter_map(Node::as_id)
    }

    /// This value as an id.
    pub fn as_id(self) -> Option<&'a str> {
        let id = match self.0 {
            Value::String(id) => Some(id.as_str()),
            Value::Object(map) => ["id", "@id", "href"].iter().find_map(|n| map.get(*n)?.as_str()),
            _ => None,
        };
        id.filter(|id| !id.is_empty() && id.len() <= 2048)
    }

    /// The id of this object itself.
    pub fn own_id(self) -> Option<&'a str> {
        if self.0.is_object() { self.as_id() } else { None }
    }

    /// The entries of a list, or the one value. Bounded.
    pub fn list(self, name: &str) -> impl Iterator<Item = Node<'a>> {
        self.get(name).into_iter().flat_map(Node::entries)
    }

    /// The entries of this list, or this one value. Bounded.
    pub fn entries(self) -> impl Iterator<Item = Node<'a>> {
        let (many, one) = match self.0 {
            Value::Array(items) => (items.as_slice(), None),
            other => (&[][..], Some(other)),
        };
        many.iter().chain(one).filter(|v| !v.is_null()).take(MAX_LIST).map(Node)
    }

    /// The first embedded object under a name.
    pub fn object(self, name: &str) -> Option<Node<'a>> {
        self.list(name).find(|n| n.0.is_object())
    }

    /// All types, without namespace.
    pub fn kinds(self) -> impl Iterator<Item = &'a str> {
        let bare = |kind: &'a str| {
            let kind = kind.strip_prefix("https://www.w3.org/ns/activitystreams#").unwrap_or(kind);
            kind.strip_prefix("as:").unwrap_or(kind)
        };
        self.list("type").chain(self.list("@type")).filter_map(|n| n.0.as_str()).map(bare)
    }

    pub fn is(self, kind: &str) -> bool {
        self.kinds().any(|k| k == kind)
    }

    pub fn is_any(self, kinds: &[&str]) -> bool {
        self.kinds().any(|k| kinds.contains(&k))
    }

    pub fn bool(self, name: &str) -> Option<bool> {
        match self.get(name)?.0 {
            Value::Bool(b) => Some(*b),
            Value::String(s) => s.parse().ok(),
            _ => None,
        }
    }

    pub fn number(self, name: &str) -> Option<f64> {
        match self.list(name).next()?.0 {
            Value::Number(n) => n.as_f64(),
            Value::String(s) => s.parse().ok(),
            _ => None,
        }
        .filter(|n: &f64| n.is_finite())
    }

    /// A count; negative or fractional ones are none.
    pub fn count(self, name: &str) -> Option<u64> {
        self.number(name).filter(|n| *n >= 0.0 && n.fract() == 0.0 && *n < 1e15).map(|n| n as u64)
    }

    /// A moment in RFC 3339 form. Moments in the future are taken as now where they say when something was written:
    /// that is the caller's business.
    pub fn time(self, name: &str) -> Option<Time> {
        Time::parse(self.text(name)?).ok().filter(|t| t.0 > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shapes() {
        let doc = json!({
            "type": ["as:Note", "x:Y"], "to": "a", "cc": ["b", {"id": "c"}, null, 3], "tag": {"name": "x"},
            "url": [{"type": "Link", "href": "u"}], "icon": null, "n": "12", "neg": -1,
            "when": "2026-01-01T00:00:00Z", "lang": {"@value": "v"}
        });
        let node = Node(&doc);
        assert!(node.is("Note") && !node.has("icon"));
        assert_eq!(node.ids("to").collect::<Vec<_>>(), ["a"]);
        assert_eq!(node.ids("cc").collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(node.object("tag").and_then(|t| t.text("name")), Some("x"));
        assert_eq!((node.id("url"), node.count("n"), node.count("neg")), (Some("u"), Some(12), None));
        assert_eq!(node.text("lang"), Some("v"));
        assert!(node.time("when").is_some() && node.time("to").is_none());
    }
}
