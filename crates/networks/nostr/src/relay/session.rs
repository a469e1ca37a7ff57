//! One client's connection as a state machine: frames in, actions out, nothing waited for.

use super::limits::Bucket;
use crate::{
    event::{Event, Hex32, TagsExt, kind},
    wire::{ClientFrame, Filter, FrameError, Reason, frames},
};
use std::{collections::HashSet, time::Instant};

/// What one connection may hold.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    pub subscriptions: usize,
    /// Keys that may authenticate on one connection.
    pub keys: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        SessionLimits { subscriptions: 60, keys: 8 }
    }
}

/// What is to be done about a frame.
#[derive(Debug, PartialEq)]
pub enum Action {
    Send(String),
    /// Check and store; the answer follows later.
    Ingest(String),
    /// Answer with what is stored, then live.
    Subscribe {
        sub: String,
        filters: Vec<Filter>,
    },
    Count {
        sub: String,
        filters: Vec<Filter>,
    },
    Unsubscribe(String),
    /// A request is refused: what its name stood for before has ended, too.
    Refuse {
        sub: String,
        frame: String,
    },
    /// A key has proved itself by the event with that id.
    Authenticated {
        key: Hex32,
        event: Hex32,
    },
}

/// The state of a connection.
pub struct Session {
    relay_url: String,
    challenge: String,
    limits: SessionLimits,
    requests_per_minute: u32,
    requests: Bucket,
    keys: Vec<Hex32>,
    subs: HashSet<String>,
}

/// Letters that one filter may name: the store looks at so many.
const MOST_TAG_CONDITIONS: usize = 3;
/// How far an AUTH event's time may be off, in seconds (NIP-42).
const AUTH_WINDOW: i64 = 600;

impl Session {
    pub fn new(
        relay_url: &str,
        challenge: String,
        limits: SessionLimits,
        requests_per_minute: u32,
    ) -> Session {
        Session {
            relay_url: relay_url.to_owned(),
            challenge,
            limits,
            requests_per_minute,
            requests: Bucket::full(requests_per_minute),
            keys: Vec::new(),
            subs: HashSet::new(),
        }
    }

    /// What is said first.
    pub fn greeting(&self) -> String {
        frames::auth(&self.challenge)
    }

    /// One frame, parsed. `now`: seconds since the epoch.
    pub fn on_frame(&mut self, frame: Result<ClientFrame<'_>, FrameError>, now: i64) -> Action {
        match frame {
            Err(error) => Action::Send(frames::notice(&format!("invalid: {error}"))),
            Ok(ClientFrame::Event(json)) => Action::Ingest(json.to_owned()),
            Ok(ClientFrame::Auth(json)) => self.authenticate(json, now),
            Ok(ClientFrame::Close { sub }) => {
                self.subs.remove(&sub);
                Action::Unsubscribe(sub)
            }
            Ok(ClientFrame::Req { sub, filters }) => {
                if !self.subs.contains(&sub) && self.subs.len() >= self.limits.subscriptions {
                    return close(&sub, Reason::Error, "too many subscriptions on this connection");
                }
                match self.admit(filters) {
                    Ok(filters) => {
                        self.subs.insert(sub.clone());
                        Action::Subscribe { sub, filters }
                    }
                    Err((reason, why)) => {
                        self.subs.remove(&sub);
                        Action::Refuse { frame: frames::closed(&sub, reason, &why), sub }
                    }
                }
            }
            Ok(ClientFrame::Count { sub, filters }) => match self.admit(filters) {
                Ok(filters) => Action::Count { sub, filters },
                Err((reason, why)) => close(&sub, reason, &why),
            },
        }
    }

    /// Whether these filters may be asked at all, by rate and by what they ask for.
    fn admit<E: std::fmt::Display>(
        &mut self,
        filters: Result<Vec<Filter>, E>,
    ) -> Result<Vec<Filter>, (Reason, String)> {
        if !self.requests.take(1.0, self.requests_per_minute, Instant::now()) {
            return Err((Reason::RateLimited, "too many requests, please wait".into()));
        }
        let filters = filters.map_err(|e| (Reason::Invalid, e.to_string()))?;
        if filters.iter().any(|f| f.tags.len() > MOST_TAG_CONDITIONS) {
            return Err((Reason::Unsupported, "at most three tag conditions in a filter".into()));
        }
        let wraps = |f: &Filter| f.kinds.iter().flatten().filter(|k| kind::is_wrap(**k)).count();
        let only_wraps = |f: &Filter| wraps(f) > 0 && f.kinds.as_ref().is_some_and(|k| k.len() == wraps(f));
        let proved = |key: &String| self.keys.iter().any(|own| own.to_string() == *key);
        // Whoever names several is answered once one of them has come: a server that asks for all of its members would wait
        // in vain for those whose keys are elsewhere.
        let of_others = |f: &Filter| {
            let named = f.tags.get(&'p').filter(|keys| !keys.is_empty());
            wraps(f) > 0 && named.is_some_and(|keys| !keys.iter().any(proved))
        };
        let of_nobody = |f: &Filter| only_wraps(f) && self.keys.is_empty();
        if filters.iter().any(|f| of_others(f) || of_nobody(f)) {
            // Where one more key may still come, apps are told to bring it: many do so only when asked.
            let reason = match self.keys.len() < self.limits.keys {
                true => Reason::AuthRequired,
                false => Reason::Restricted,
            };
            return Err((reason, "gift wraps are shown to their recipient only".into()));
        }
        Ok(filters)
    }

    /// NIP-42.
    fn authenticate(&mut self, json: &str, now: i64) -> Action {
        let event = match Event::from_json(json) {
            Ok(event) => event,
            Err(error) => {
                let id = claimed_id(json);
                return Action::Send(match id {
                    Some(id) => frames::refused(&id, Reason::Invalid, &error.to_string()),
                    None => frames::notice(&format!("invalid: {error}")),
                });
            }
        };
        let wrong = if event.kind != kind::AUTH {
            Some("not an event of kind 22242")
        } else if (event.created_at - now).abs() > AUTH_WINDOW {
            Some("its time is more than ten minutes off")
        } else if event.tags.value("challenge") != Some(self.challenge.as_str()) {
            Some("another challenge than ours")
        } else if !event.tags.value("relay").is_some_and(|url| same_host(url, &self.relay_url)) {
            Some("meant for another relay")
        } else if self.keys.len() >= self.limits.keys && !self.keys.contains(&event.pubkey) {
            Some("too many keys on this connection")
        } else {
            None
        };
        if let Some(why) = wrong {
            return Action::Send(frames::refused(&event.id, Reason::Invalid, why));
        }
        if !self.keys.contains(&event.pubkey) {
            self.keys.push(event.pubkey);
        }
        Action::Authenticated { key: event.pubkey, event: event.id }
    }
}

fn close(sub: &str, reason: Reason, why: &str) -> Action {
    Action::Send(frames::closed(sub, reason, why))
}

/// The id that a broken event claims, so that the refusal can name it.
pub fn claimed_id(json: &str) -> Option<Hex32> {
    #[derive(serde::Deserialize)]
    struct Claim {
        id: Hex32,
    }
    serde_json::from_str::<Claim>(json).ok().map(|claim| claim.id)
}

/// NIP-42: for most cases it is enough to compare the host.
pub fn same_host(a: &str, b: &str) -> bool {
    let host = |text: &str| {
        let url = url::Url::parse(text).ok()?;
        let secure = matches!(url.scheme(), "wss" | "https");
        Some((url.host_str()?.to_ascii_lowercase(), url.port().unwrap_or(if secure { 443 } else { 80 })))
    };
    host(a).is_some() && host(a) == host(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::{Keys, Template},
        wire::FrameLimits,
    };

    const URL: &str = "wss://relay.example/relay";

    fn session() -> Session {
        Session::new(URL, "c".into(), SessionLimits { subscriptions: 2, keys: 2 }, 100)
    }

    fn say(session: &mut Session, text: &str) -> Action {
        session.on_frame(ClientFrame::parse(text, &FrameLimits::default()), 1_000_000)
    }

    fn auth(keys: &Keys, kind: u16, relay: &str, challenge: &str, at: i64) -> String {
        let tags = vec![vec!["relay".into(), relay.into()], vec!["challenge".into(), challenge.into()]];
        let event = keys.sign(Template { created_at: at, kind, tags, content: String::new() });
        format!(r#"["AUTH",{}]"#, event.json)
    }

    fn refused(action: &Action, reason: &str) -> bool {
        matches!(action, Action::Refuse { frame, .. } if frame.contains(reason))
    }

    #[test]
    fn authentication() {
        let keys = Keys::generate();
        let mut s = session();
        assert_eq!(s.greeting(), r#"["AUTH","c"]"#);
        for (kind, relay, challenge, at) in [
            (1, URL, "c", 1_000_000),
            (22242, "wss://other.example/relay", "c", 1_000_000),
            (22242, URL, "d", 1_000_000),
            (22242, URL, "c", 1_000_601),
        ] {
            let answer = say(&mut s, &auth(&keys, kind, relay, challenge, at));
            assert!(matches!(&answer, Action::Send(t) if t.contains("false,\"invalid:")), "{answer:?}");
        }
        let good = auth(&keys, 22242, "wss://RELAY.example:443/", "c", 999_500);
        assert!(matches!(say(&mut s, &good), Action::Authenticated { key, .. } if key == keys.public()));
        for _ in 0..2 {
            say(&mut s, &auth(&Keys::generate(), 22242, URL, "c", 1_000_000));
        }
        assert_eq!(s.keys.len(), 2);
    }

    #[test]
    fn subscriptions_are_counted_and_replaced() {
        let mut s = session();
        assert!(matches!(say(&mut s, r#"["REQ","a",{}]"#), Action::Subscribe { .. }));
        assert!(matches!(say(&mut s, r#"["REQ","b",{}]"#), Action::Subscribe { .. }));
        assert!(matches!(say(&mut s, r#"["REQ","b",{"kinds":[1]}]"#), Action::Subscribe { .. }));
        assert!(
            matches!(say(&mut s, r#"["REQ","c",{}]"#), Action::Send(t) if t.starts_with(r#"["CLOSED","c","error:"#))
        );
        assert_eq!(say(&mut s, r#"["CLOSE","a"]"#), Action::Unsubscribe("a".into()));
        assert!(matches!(say(&mut s, r#"["REQ","c",{}]"#), Action::Subscribe { .. }));
        assert!(refused(&say(&mut s, r#"["REQ","c",{"ids":[1]}]"#), "invalid:"));
        assert!(matches!(say(&mut s, r#"["REQ","d",{}]"#), Action::Subscribe { .. }), "its place is free");
        let four = r##"["COUNT","c",{"#a":[],"#b":[],"#c":[],"#d":[]}]"##;
        assert!(matches!(say(&mut s, four), Action::Send(t) if t.contains("unsupported:")));
        assert!(matches!(say(&mut s, "hello"), Action::Send(t) if t.starts_with(r#"["NOTICE""#)));
    }

    #[test]
    fn wraps_are_asked_for_by_their_recipient() {
        let keys = Keys::generate();
        let mut s = session();
        let mine = format!(r##"["REQ","w",{{"kinds":[1059],"#p":["{}"]}}]"##, keys.public());
        assert!(refused(&say(&mut s, &mine), "auth-required:"));
        say(&mut s, &auth(&keys, 22242, URL, "c", 1_000_000));
        assert!(matches!(say(&mut s, &mine), Action::Subscribe { .. }));
        // Another account on the same connection has yet to come; a third finds no place.
        let (second, third) = (Keys::generate(), Keys::generate());
        let of = |keys: &Keys| format!(r##"["COUNT","w",{{"kinds":[1059],"#p":["{}"]}}]"##, keys.public());
        assert!(matches!(say(&mut s, &of(&second)), Action::Send(t) if t.contains("auth-required:")));
        say(&mut s, &auth(&second, 22242, URL, "c", 1_000_000));
        assert!(matches!(say(&mut s, &of(&second)), Action::Count { .. }));
        assert!(matches!(say(&mut s, &of(&third)), Action::Send(t) if t.contains("restricted:")));
    }

    #[test]
    fn wraps_among_other_kinds_wait_for_their_recipient_too() {
        let keys = Keys::generate();
        let mut s = session();
        let with = |kinds: &str, people: &[&str]| {
            let people = people.join("\",\"");
            format!(r##"["REQ","w",{{"kinds":[{kinds}],"#p":["{people}"]}}]"##)
        };
        let (me, friend) = (keys.public().to_string(), Keys::generate().public().to_string());
        assert!(refused(&say(&mut s, &with("4,1059", &[&me])), "auth-required:"));
        assert!(matches!(say(&mut s, &with("1,4", &[&me])), Action::Subscribe { .. }));
        assert!(matches!(say(&mut s, r#"["REQ","w",{"kinds":[4,1059]}]"#), Action::Subscribe { .. }));
        say(&mut s, &auth(&keys, 22242, URL, "c", 1_000_000));
        assert!(matches!(say(&mut s, &with("4,1059", &[&me])), Action::Subscribe { .. }));
        assert!(matches!(say(&mut s, &with("4,1059", &[&friend, &me])), Action::Subscribe { .. }));
        assert!(refused(&say(&mut s, &with("4,1059", &[&friend])), "auth-required:"));
    }

    #[test]
    fn requests_are_rate_limited() {
        let mut s = session();
        let answers: Vec<Action> = (0..120).map(|_| say(&mut s, r#"["COUNT","a",{}]"#)).collect();
        assert!(matches!(answers.last(), Some(Action::Send(t)) if t.contains("rate-limited:")));
    }
}
