//! The tree, and how it is asked. Values that make no sense count as not given, as the reference server has it.

use crate::error::ApiError;
use bytes::Bytes;
use landbridge_model::Id;
use std::{collections::BTreeMap, str::FromStr};

/// Deepest branch, and most values of one request.
const DEEPEST: usize = 8;
pub(super) const MOST: usize = 2000;

/// One value, list or branch.
#[derive(Clone, Debug, Default)]
pub(crate) enum Params {
    /// Not given, or `null`.
    #[default]
    Null,
    Text(String),
    List(Vec<Params>),
    Map(BTreeMap<String, Params>),
    File(Upload),
}

/// A file of a multipart body.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub bytes: Bytes,
}

impl Params {
    /// The branch of that name.
    pub fn at(&self, key: &str) -> &Params {
        const NULL: &Params = &Params::Null;
        match self {
            Params::Map(map) => map.get(key).unwrap_or(NULL),
            _ => NULL,
        }
    }

    /// Was it given at all, if only as empty?
    pub fn has(&self, key: &str) -> bool {
        !matches!(self.at(key), Params::Null)
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Params::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.at(key).as_text()
    }

    /// Text that is not empty.
    pub fn filled(&self, key: &str) -> Option<&str> {
        self.text(key).filter(|t| !t.is_empty())
    }

    /// Text that must be there.
    pub fn required(&self, key: &str) -> Result<&str, ApiError> {
        self.filled(key).ok_or_else(|| ApiError::invalid(format!("{key} can't be blank")))
    }

    /// `true`, `1`, `on` and their opposites.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.text(key)?.to_ascii_lowercase().as_str() {
            "true" | "1" | "on" | "t" | "yes" => Some(true),
            "false" | "0" | "off" | "f" | "no" | "" => Some(false),
            _ => None,
        }
    }

    pub fn is(&self, key: &str) -> bool {
        self.flag(key).unwrap_or(false)
    }

    pub fn number<T: FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.trim().parse().ok()
    }

    pub fn id(&self, key: &str) -> Option<Id> {
        self.number(key)
    }

    /// Elements of a list; a branch whose names are numbers (`a[0]`) is one, and so is a single value.
    pub fn list(&self, key: &str) -> Vec<&Params> {
        match self.at(key) {
            Params::Null => Vec::new(),
            Params::List(list) => list.iter().collect(),
            Params::Map(map) if map.keys().all(|k| k.parse::<u32>().is_ok()) => {
                let mut items: Vec<_> = map.iter().map(|(k, v)| (k.parse::<u32>().unwrap_or(0), v)).collect();
                items.sort_by_key(|(n, _)| *n);
                items.into_iter().map(|(_, v)| v).collect()
            }
            single => vec![single],
        }
    }

    pub fn texts(&self, key: &str) -> Vec<String> {
        self.list(key)
            .into_iter()
            .filter_map(|p| p.as_text())
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Ids; what is none is left out.
    pub fn ids(&self, key: &str) -> Vec<Id> {
        self.texts(key).iter().filter_map(|t| t.trim().parse().ok()).collect()
    }

    pub fn file(&self, key: &str) -> Option<&Upload> {
        match self.at(key) {
            Params::File(file) if !file.bytes.is_empty() => Some(file),
            _ => None,
        }
    }

    /// Puts a value at a name with brackets. A name that is too deep, or begins with a bracket, is left out.
    pub fn put(&mut self, name: &str, value: Params) {
        let (first, rest) = name.split_once('[').unwrap_or((name, ""));
        let mut path = vec![first];
        if !rest.is_empty() {
            path.extend(rest.trim_end_matches(']').split("]["));
        }
        if !first.is_empty() && path.len() <= DEEPEST {
            self.put_at(&path, value);
        }
    }

    fn put_at(&mut self, path: &[&str], value: Params) {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if first.is_empty() {
            return self.append(rest, value);
        }
        if !matches!(self, Params::Map(_)) {
            *self = Params::Map(BTreeMap::new());
        }
        if let Params::Map(map) = self {
            map.entry((*first).to_owned()).or_default().put_at(rest, value);
        }
    }

    /// `[]`: one more element. `[][name]` goes on with the last element until it has that name.
    fn append(&mut self, rest: &[&str], value: Params) {
        if !matches!(self, Params::List(_)) {
            *self = Params::List(Vec::new());
        }
        let Params::List(list) = self else { return };
        let goes_on = match (rest.first(), list.last()) {
            (Some(name), Some(last @ Params::Map(_))) => !last.has(name),
            _ => false,
        };
        if !goes_on {
            list.push(Params::Null);
        }
        if let Some(last) = list.last_mut() {
            last.put_at(rest, value);
        }
    }
}

impl From<serde_json::Value> for Params {
    fn from(value: serde_json::Value) -> Params {
        use serde_json::Value;
        match value {
            Value::Null => Params::Null,
            Value::Bool(b) => Params::Text(b.to_string()),
            Value::Number(n) => Params::Text(n.to_string()),
            Value::String(s) => Params::Text(s),
            Value::Array(list) => Params::List(list.into_iter().map(Params::from).collect()),
            Value::Object(map) => {
                let mut params = Params::Map(BTreeMap::new());
                for (key, value) in map {
                    // Some apps send JSON with names from forms.
                    match key.strip_suffix("[]") {
                        Some(key) => params.put(key, value.into()),
                        None => params.put(&key, value.into()),
                    }
                }
                params
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Params {
        let mut params = Params::default();
        for (key, value) in url::form_urlencoded::parse(text.as_bytes()) {
            params.put(&key, Params::Text(value.into_owned()));
        }
        params
    }

    #[test]
    fn brackets_make_branches() {
        let p = form(
            "poll[options][]=a&poll[options][]=b&sensitive=0&types[]=mention&id[]=3&id[]=x&f[0][name]=n&f[0][value]=v&f[1][name]=m",
        );
        assert_eq!(p.at("poll").texts("options"), ["a", "b"]);
        assert_eq!(p.flag("sensitive"), Some(false));
        assert_eq!(p.texts("types"), ["mention"]);
        assert_eq!(p.ids("id"), [Id(3)]);
        let fields = p.list("f");
        assert_eq!(
            (fields.len(), fields[0].text("value"), fields[1].text("name")),
            (2, Some("v"), Some("m"))
        );
        let p = form("a[][x]=1&a[][y]=2&a[][x]=3");
        assert_eq!(p.list("a").len(), 2);
        assert_eq!(p.list("a")[0].text("y"), Some("2"));
    }

    #[test]
    fn json_is_read_alike() {
        let p = Params::from(
            serde_json::json!({"poll": {"options": ["a"], "expires_in": 600}, "sensitive": true, "media_ids": null, "id[]": ["1"]}),
        );
        assert_eq!(p.at("poll").texts("options"), ["a"]);
        assert_eq!(p.at("poll").number::<u64>("expires_in"), Some(600));
        assert!(p.is("sensitive") && !p.has("media_ids"));
        assert_eq!(p.ids("id"), [Id(1)]);
    }

    #[test]
    fn strange_names_harm_nobody() {
        let p = form("[]=a&[x]=b&a[=c&a]=d&a[b]=e&a[]=f&[[[[[[[[[[[[=g");
        assert_eq!(p.texts("a"), ["f"]);
    }
}
