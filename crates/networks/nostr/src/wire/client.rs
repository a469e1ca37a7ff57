//! What a client says: `EVENT`, `REQ`, `CLOSE`, `COUNT`, `AUTH` (NIP-01, 42, 45).

use super::filter::{Filter, FilterError};
use serde::{
    Deserialize,
    de::{Error as _, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use std::fmt;

/// A parsed frame. Events are left as JSON: they are checked in batches elsewhere.
#[derive(Debug, PartialEq)]
pub enum ClientFrame<'a> {
    Event(&'a str),
    Req { sub: String, filters: Result<Vec<Filter>, FilterError> },
    Count { sub: String, filters: Result<Vec<Filter>, FilterError> },
    Close { sub: String },
    Auth(&'a str),
}

/// What a frame may measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    /// Filters per request.
    pub filters: usize,
    /// Values per filter.
    pub filter_values: usize,
    /// Characters.
    pub sub_id: usize,
}

impl Default for FrameLimits {
    fn default() -> Self {
        FrameLimits { filters: 20, filter_values: 2_500, sub_id: 64 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("not a message: {0}")]
    Malformed(String),
    #[error("unknown message {0}")]
    Unknown(String),
    #[error("a subscription id has 1 to 64 characters")]
    SubId,
}

impl<'a> ClientFrame<'a> {
    pub fn parse(text: &'a str, limits: &FrameLimits) -> Result<ClientFrame<'a>, FrameError> {
        // It may hold the whole of what was sent.
        let malformed =
            |e: serde_json::Error| FrameError::Malformed(e.to_string().chars().take(200).collect());
        let Parts { verb, rest } = serde_json::from_str(text).map_err(malformed)?;
        let part = |n: usize| {
            rest.get(n).map(|raw| raw.get()).ok_or_else(|| FrameError::Malformed("too short".into()))
        };
        match verb.as_str() {
            "EVENT" => Ok(ClientFrame::Event(part(0)?)),
            "AUTH" => Ok(ClientFrame::Auth(part(0)?)),
            "CLOSE" => Ok(ClientFrame::Close { sub: sub_id(part(0)?, limits)? }),
            "REQ" => Ok(ClientFrame::Req { sub: sub_id(part(0)?, limits)?, filters: filters(&rest, limits) }),
            "COUNT" => {
                Ok(ClientFrame::Count { sub: sub_id(part(0)?, limits)?, filters: filters(&rest, limits) })
            }
            _ => Err(FrameError::Unknown(verb.chars().filter(|c| !c.is_control()).take(20).collect())),
        }
    }
}

fn sub_id(raw: &str, limits: &FrameLimits) -> Result<String, FrameError> {
    let id: String = serde_json::from_str(raw).map_err(|_| FrameError::SubId)?;
    if (1..=limits.sub_id).contains(&id.chars().count()) { Ok(id) } else { Err(FrameError::SubId) }
}

fn filters(rest: &[&RawValue], limits: &FrameLimits) -> Result<Vec<Filter>, FilterError> {
    let filters = rest.get(1..).unwrap_or_default();
    if filters.is_empty() {
        return Err(FilterError::NotAnObject);
    }
    if filters.len() > limits.filters {
        return Err(FilterError::TooMany);
    }
    let parse = |raw: &&RawValue| {
        let value: Value = serde_json::from_str(raw.get()).map_err(|_| FilterError::NotAnObject)?;
        Filter::parse(&value, limits.filter_values)
    };
    filters.iter().map(parse).collect()
}

/// `[verb, ...]` with the rest unparsed.
struct Parts<'a> {
    verb: String,
    rest: Vec<&'a RawValue>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Parts<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an array that starts with a name")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parts<'de>, A::Error> {
                let verb = seq.next_element()?.ok_or_else(|| A::Error::custom("empty"))?;
                let mut rest = Vec::new();
                while let Some(raw) = seq.next_element::<&'de RawValue>()? {
                    // Far above any limit on filters; keeps a hostile frame small in memory.
                    if rest.len() == 256 {
                        return Err(A::Error::custom("too long"));
                    }
                    rest.push(raw);
                }
                Ok(Parts { verb, rest })
            }
        }
        d.deserialize_seq(V)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ClientFrame<'_>, FrameError> {
        ClientFrame::parse(text, &FrameLimits::default())
    }

    #[test]
    fn frames() {
        assert_eq!(parse(r#" ["EVENT", {"a" : 1}] "#), Ok(ClientFrame::Event(r#"{"a" : 1}"#)));
        assert_eq!(parse(r#"["CLOSE","x"]"#), Ok(ClientFrame::Close { sub: "x".into() }));
        let Ok(ClientFrame::Req { sub, filters: Ok(filters) }) =
            parse(r#"["REQ","s",{"kinds":[1]},{"limit":3}]"#)
        else {
            panic!()
        };
        assert_eq!((sub.as_str(), filters.len(), filters[1].limit), ("s", 2, Some(3)));
    }

    #[test]
    fn a_bad_filter_still_names_its_subscription() {
        let Ok(ClientFrame::Req { sub, filters }) = parse(r#"["REQ","s",{"ids":["x"]}]"#) else { panic!() };
        assert_eq!((sub.as_str(), filters.is_err()), ("s", true));
    }

    #[test]
    fn hostile_frames() {
        let long = format!(r#"["REQ","{}",{{}}]"#, "x".repeat(65));
        assert_eq!(parse(&long), Err(FrameError::SubId));
        assert_eq!(parse(r#"["REQ","",{}]"#), Err(FrameError::SubId));
        let deep = format!(r#"["EVENT",{}"#, "[".repeat(100_000));
        assert!(parse(&deep).is_err());
        let wide = format!(r#"["REQ","s"{}]"#, ",{}".repeat(100_000));
        assert!(parse(&wide).is_err());
        for text in ["", "[]", "{}", "[1]", "[\"EVENT\"]", "[\"NEG-OPEN\",\"a\"]", "nul", "[\"REQ\"]"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
