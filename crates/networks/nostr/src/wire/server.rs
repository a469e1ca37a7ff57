//! What a relay says: `EVENT`, `OK`, `EOSE`, `CLOSED`, `NOTICE`, `AUTH`, `COUNT` (NIP-01, 42, 45).

use super::client::FrameError;
use crate::event::Hex32;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::fmt;

/// Why a relay says no (or why not again): the prefixes of NIP-01 and NIP-42.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    Duplicate,
    Blocked,
    RateLimited,
    Invalid,
    Restricted,
    AuthRequired,
    Unsupported,
    Error,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Duplicate => "duplicate",
            Reason::Blocked => "blocked",
            Reason::RateLimited => "rate-limited",
            Reason::Invalid => "invalid",
            Reason::Restricted => "restricted",
            Reason::AuthRequired => "auth-required",
            Reason::Unsupported => "unsupported",
            Reason::Error => "error",
        })
    }
}

/// The writers. Each returns one frame as text.
pub mod frames {
    use super::Reason;
    use crate::event::Hex32;
    use serde_json::json;

    /// `sub` must have been parsed from a frame; `event` is an event's JSON.
    pub fn event(sub: &str, event: &str) -> String {
        let sub = json!(sub).to_string();
        let mut text = String::with_capacity(sub.len() + event.len() + 12);
        for part in ["[\"EVENT\",", &sub, ",", event, "]"] {
            text.push_str(part);
        }
        text
    }

    pub fn ok(id: &Hex32, accepted: bool, message: &str) -> String {
        let message = if message.is_empty() { "\"\"".into() } else { json!(message).to_string() };
        format!("[\"OK\",\"{id}\",{accepted},{message}]")
    }

    pub fn refused(id: &Hex32, reason: Reason, message: &str) -> String {
        ok(id, false, &format!("{reason}: {message}"))
    }

    pub fn eose(sub: &str) -> String {
        json!(["EOSE", sub]).to_string()
    }

    pub fn closed(sub: &str, reason: Reason, message: &str) -> String {
        json!(["CLOSED", sub, format!("{reason}: {message}")]).to_string()
    }

    /// NIP-45.
    pub fn count(sub: &str, count: u64, approximate: bool) -> String {
        match approximate {
            true => json!(["COUNT", sub, { "count": count, "approximate": true }]).to_string(),
            false => json!(["COUNT", sub, { "count": count }]).to_string(),
        }
    }

    pub fn notice(message: &str) -> String {
        json!(["NOTICE", message]).to_string()
    }

    pub fn auth(challenge: &str) -> String {
        json!(["AUTH", challenge]).to_string()
    }
}

/// A frame from a relay that we are a client of.
#[derive(Debug, PartialEq)]
pub enum ServerFrame<'a> {
    Event {
        sub: String,
        event: &'a str,
    },
    Ok {
        id: Hex32,
        accepted: bool,
        message: String,
    },
    Eose {
        sub: String,
    },
    Closed {
        sub: String,
        message: String,
    },
    Notice(String),
    Auth(String),
    /// Something newer than this client.
    Other,
}

impl<'a> ServerFrame<'a> {
    pub fn parse(text: &'a str) -> Result<ServerFrame<'a>, FrameError> {
        let malformed = || FrameError::Malformed("wrong form".into());
        let parts: Vec<&'a RawValue> = serde_json::from_str(text).map_err(|_| malformed())?;
        let string = |n: usize| parts.get(n).and_then(|raw| String::deserialize(*raw).ok());
        let need = |n: usize| string(n).ok_or_else(malformed);
        Ok(match need(0)?.as_str() {
            "EVENT" => ServerFrame::Event { sub: need(1)?, event: parts.get(2).ok_or_else(malformed)?.get() },
            "OK" => ServerFrame::Ok {
                id: need(1)?.parse().map_err(|_| malformed())?,
                accepted: parts.get(2).and_then(|raw| bool::deserialize(*raw).ok()).ok_or_else(malformed)?,
                message: string(3).unwrap_or_default(),
            },
            "EOSE" => ServerFrame::Eose { sub: need(1)? },
            "CLOSED" => ServerFrame::Closed { sub: need(1)?, message: string(2).unwrap_or_default() },
            "NOTICE" => ServerFrame::Notice(string(1).unwrap_or_default()),
            "AUTH" => ServerFrame::Auth(need(1)?),
            _ => ServerFrame::Other,
        })
    }
}

/// The frame by which a client asks.
pub fn req(sub: &str, filters: &[super::Filter]) -> String {
    let mut frame = vec![Value::from("REQ"), Value::from(sub)];
    frame.extend(filters.iter().map(super::Filter::to_json));
    Value::Array(frame).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_alike() {
        let id = Hex32([7; 32]);
        assert_eq!(
            ServerFrame::parse(&frames::event("a\"b", r#"{"id":1}"#)),
            Ok(ServerFrame::Event { sub: "a\"b".into(), event: r#"{"id":1}"# })
        );
        assert_eq!(
            ServerFrame::parse(&frames::refused(&id, Reason::RateLimited, "slow down")),
            Ok(ServerFrame::Ok { id, accepted: false, message: "rate-limited: slow down".into() })
        );
        assert_eq!(ServerFrame::parse(&frames::eose("s")), Ok(ServerFrame::Eose { sub: "s".into() }));
        assert_eq!(ServerFrame::parse(r#"["NEG-MSG","s","61"]"#), Ok(ServerFrame::Other));
        for bad in ["", "[]", "{}", r#"["OK","zz",true,""]"#, r#"["EVENT","s"]"#, r#"["OK","#] {
            assert!(ServerFrame::parse(bad).is_err(), "{bad}");
        }
    }
}
