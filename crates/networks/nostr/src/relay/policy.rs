//! Who may write what here.

use super::guests::Guests;
use crate::event::{Class, Event, Hex32, TagsExt, kind};
use crate::wire::Reason;
use landbridge_store::entities::nostr_events::Known;
use std::collections::HashMap;

/// What is known when an event is judged.
pub struct Context<'a> {
    pub members: &'a HashMap<Hex32, landbridge_model::Id>,
    /// Our own key: requests to the signer are addressed to it.
    pub own_key: Hex32,
    /// Keys by which we await answers of members' own signers.
    pub guests: &'a Guests,
    /// Our URL (a request to vanish names it).
    pub relay_url: &'a str,
    /// Keys proved on the connection.
    pub authenticated: &'a [Hex32],
    /// What is held here of what the event is and names; and whose lists of follows concern us.
    pub known: &'a Known,
    /// Seconds since the epoch.
    pub now: i64,
    pub ahead: i64,
}

/// The judgment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Store. `pending`: 0 nothing more, 1 the hub hears of it, 2 it is a member's act of now.
    Store {
        pending: i64,
    },
    /// Ephemeral: shown to live subscriptions only.
    Pass,
    Refuse(Reason, &'static str),
}

/// Bytes of a stranger's event: an answer may hold a thousand of them.
const STRANGERS_BYTES: usize = 64 * 1024;
/// Bytes of a gift wrap: encrypted twice, the longest message is not longer.
const WRAP_BYTES: usize = 160 * 1024;

/// How many bytes a stranger's event of that kind may have. Lists of follows are as long as they are; what is said to a
/// signer and by one is encrypted, and holds whole events.
fn strangers_bytes(kind: kind::Kind) -> usize {
    match kind {
        kind::FOLLOWS => usize::MAX,
        kind::NOSTR_CONNECT => WRAP_BYTES,
        _ => STRANGERS_BYTES,
    }
}

/// Seconds within which a member's event counts as done now: on a connection that proved the member's key, and on
/// any other (an app that does not authenticate, writing to its user's own relay).
const FRESH_PROVED: i64 = 3_600;
const FRESH: i64 = 300;

/// Judges a verified event that is neither known nor deleted.
pub fn judge(event: &Event, context: &Context<'_>) -> Verdict {
    use Verdict::*;
    let Context { members, authenticated, now, .. } = *context;
    if kind::is_never_public(event.kind) {
        return Refuse(Reason::Blocked, "this kind is not for the open");
    }
    if event.created_at > now + context.ahead {
        return Refuse(Reason::Invalid, "created_at is in the future");
    }
    if event.has_expired(now) {
        return Refuse(Reason::Invalid, "it has expired");
    }
    if event.is_protected() && !authenticated.contains(&event.pubkey) {
        let reason = if authenticated.is_empty() { Reason::AuthRequired } else { Reason::Restricted };
        return Refuse(reason, "only its author may publish a protected event");
    }
    if matches!(event.kind, kind::REPOST | kind::GENERIC_REPOST) && embeds_protected(&event.content) {
        return Refuse(Reason::Blocked, "it reposts a protected event");
    }
    if event.kind == kind::VANISH && !asks_us_to_vanish(event, context.relay_url) {
        return Refuse(Reason::Blocked, "it asks other relays");
    }
    if kind::is_wrap(event.kind) {
        return match event.wrap_recipient() {
            Some(p) if members.contains_key(&p) && event.class() == Class::Ephemeral => Pass,
            Some(p) if members.contains_key(&p) && event.json.len() > WRAP_BYTES => {
                Refuse(Reason::Blocked, "too large for a private message")
            }
            Some(p) if members.contains_key(&p) => Store { pending: 1 },
            _ => Refuse(Reason::Restricted, "its recipient is no member here"),
        };
    }
    let by_member = members.contains_key(&event.pubkey);
    if !by_member && !concerns_us(event, context) {
        return Refuse(
            Reason::Restricted,
            "this relay takes what members write and what is addressed to them",
        );
    }
    if !by_member && event.json.len() > strangers_bytes(event.kind) {
        return Refuse(Reason::Blocked, "too large for somebody who is no member here");
    }
    if event.class() == Class::Ephemeral {
        return Pass;
    }
    let for_hub = is_social(event.kind);
    if !by_member {
        return Store { pending: i64::from(for_hub) };
    }
    let window = if authenticated.contains(&event.pubkey) { FRESH_PROVED } else { FRESH };
    let fresh = (now - event.created_at).abs() <= window;
    // What is protected (NIP-70) is for this relay alone: as an act it would be passed on.
    let stays = event.is_protected() && !kind::is_for_servers(event.kind);
    Store { pending: if for_hub && fresh && !stays { 2 } else { 0 } }
}

/// A stranger's event is welcome when it addresses a member or answers something held here.
fn concerns_us(event: &Event, context: &Context<'_>) -> bool {
    let guest = |p: &Hex32| event.kind == kind::NOSTR_CONNECT && context.guests.is_awaited(p);
    let to_member = |p: &Hex32| context.members.contains_key(p) || *p == context.own_key || guest(p);
    let Known { held, latest, followers, .. } = context.known;
    event.kind == kind::VANISH
        || event.tags.people().iter().any(to_member)
        || event.tags.values("P").filter_map(|p| p.parse().ok()).any(|p: Hex32| to_member(&p))
        || named(event).any(|name| held.contains(name) || latest.contains_key(name))
        // A newer version of something held, such as a profile.
        || event.address().is_some_and(|address| latest.contains_key(&address))
        // A list of follows from which a member was taken.
        || (event.kind == kind::FOLLOWS && followers.contains(&event.pubkey.to_string()))
}

/// Ids and addresses that an event answers, quotes or deletes.
pub fn named(event: &Event) -> impl Iterator<Item = &str> {
    ["e", "a", "q", "E", "A"].into_iter().flat_map(|name| event.tags.values(name)).take(500)
}

/// Kinds that the hub has a word for.
fn is_social(kind: kind::Kind) -> bool {
    use kind::*;
    matches!(
        kind,
        METADATA
            | NOTE
            | FOLLOWS
            | OLD_MESSAGE
            | DELETION
            | REPOST
            | REACTION
            | GENERIC_REPOST
            | PICTURE
            | VIDEO
            | SHORT_VIDEO
            | VANISH
            | VOTE
            | POLL
            | COMMENT
            | REPORT
            | RELAY_LIST
            | BLOCKED_RELAYS
            | DM_RELAYS
            | ARTICLE
    )
}

/// NIP-62.
pub fn asks_us_to_vanish(event: &Event, relay_url: &str) -> bool {
    let same = |url: &str| {
        super::session::same_host(url, relay_url)
            && url::Url::parse(url).ok().map(|u| u.path().trim_end_matches('/').to_owned())
                == url::Url::parse(relay_url).ok().map(|u| u.path().trim_end_matches('/').to_owned())
    };
    event.tags.values("relay").any(|url| url == "ALL_RELAYS" || same(url))
}

/// NIP-70: a repost must not carry a protected event to where its author did not publish it.
fn embeds_protected(content: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Tags {
        tags: Vec<Vec<String>>,
    }
    serde_json::from_str::<Tags>(content)
        .is_ok_and(|t| t.tags.iter().any(|tag| tag.len() == 1 && tag.first().is_some_and(|n| n == "-")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Keys, Template};

    const NOW: i64 = 1_000_000;
    const URL: &str = "wss://host.example/relay";

    struct World {
        alice: Keys,
        stranger: Keys,
        server: Keys,
        known: Known,
    }

    impl World {
        fn new() -> World {
            let known = Known { held: ["0".repeat(64)].into(), ..Known::default() };
            World { alice: Keys::generate(), stranger: Keys::generate(), server: Keys::generate(), known }
        }

        fn judge(
            &self,
            by: &Keys,
            kind: u16,
            at: i64,
            tags: &[&[&str]],
            content: &str,
            proved: &[&Keys],
        ) -> Verdict {
            let tags = tags.iter().map(|t| t.iter().map(|v| v.to_string()).collect()).collect();
            let event = by.sign(Template { created_at: at, kind, tags, content: content.into() });
            let members = HashMap::from([(self.alice.public(), landbridge_model::Id(1))]);
            let authenticated: Vec<Hex32> = proved.iter().map(|k| k.public()).collect();
            let context = Context {
                members: &members,
                own_key: self.server.public(),
                guests: &Guests::default(),
                relay_url: URL,
                authenticated: &authenticated,
                known: &self.known,
                now: NOW,
                ahead: 900,
            };
            super::judge(&event, &context)
        }
    }

    fn refused(verdict: Verdict, reason: Reason) {
        assert!(matches!(verdict, Verdict::Refuse(r, _) if r == reason), "{verdict:?}");
    }

    #[test]
    fn members_write_what_they_like_and_only_fresh_things_are_acts() {
        let w = World::new();
        assert_eq!(w.judge(&w.alice, 1, NOW, &[], "", &[]), Verdict::Store { pending: 2 });
        assert_eq!(w.judge(&w.alice, 1, NOW - 1_000, &[], "", &[]), Verdict::Store { pending: 0 });
        assert_eq!(w.judge(&w.alice, 1, NOW - 1_000, &[], "", &[&w.alice]), Verdict::Store { pending: 2 });
        assert_eq!(w.judge(&w.alice, 1, NOW - 1_000, &[], "", &[&w.stranger]), Verdict::Store { pending: 0 });
        assert_eq!(w.judge(&w.alice, 1, NOW - 90_000, &[], "", &[&w.alice]), Verdict::Store { pending: 0 });
        assert_eq!(w.judge(&w.alice, 31_337, NOW, &[], "", &[]), Verdict::Store { pending: 0 });
        assert_eq!(w.judge(&w.alice, 20_001, NOW, &[], "", &[]), Verdict::Pass);
    }

    #[test]
    fn strangers_write_what_concerns_members() {
        let w = World::new();
        let alice = w.alice.public().to_string();
        refused(w.judge(&w.stranger, 1, NOW, &[], "", &[]), Reason::Restricted);
        refused(w.judge(&w.stranger, 1, NOW, &[], "", &[&w.alice]), Reason::Restricted);
        assert_eq!(w.judge(&w.stranger, 1, NOW, &[&["p", &alice]], "", &[]), Verdict::Store { pending: 1 });
        assert_eq!(
            w.judge(&w.stranger, 7, NOW, &[&["e", &"0".repeat(64)]], "", &[]),
            Verdict::Store { pending: 1 }
        );
        refused(w.judge(&w.stranger, 7, NOW, &[&["e", &"1".repeat(64)]], "", &[]), Reason::Restricted);
        let long = "x".repeat(70_000);
        refused(w.judge(&w.stranger, 1, NOW, &[&["p", &alice]], &long, &[]), Reason::Blocked);
        assert_eq!(w.judge(&w.alice, 1, NOW, &[], &long, &[]), Verdict::Store { pending: 2 });
        refused(w.judge(&w.stranger, 3, NOW, &[], "", &[]), Reason::Restricted);
        let mut w = w;
        w.known.followers.insert(w.stranger.public().to_string());
        assert_eq!(w.judge(&w.stranger, 3, NOW, &[], "", &[]), Verdict::Store { pending: 1 });
        let server = w.server.public().to_string();
        assert_eq!(w.judge(&w.stranger, 24_133, NOW, &[&["p", &server]], &long, &[]), Verdict::Pass);
        let longer = "x".repeat(170_000);
        refused(w.judge(&w.stranger, 24_133, NOW, &[&["p", &server]], &longer, &[]), Reason::Blocked);
    }

    #[test]
    fn wraps_seals_and_protected_events() {
        let w = World::new();
        let (alice, stranger) = (w.alice.public().to_string(), w.stranger.public().to_string());
        assert_eq!(
            w.judge(&w.stranger, 1059, NOW, &[&["p", &alice]], "", &[]),
            Verdict::Store { pending: 1 }
        );
        let long = "x".repeat(170_000);
        refused(w.judge(&w.stranger, 1059, NOW, &[&["p", &alice]], &long, &[]), Reason::Blocked);
        refused(w.judge(&w.stranger, 1059, NOW, &[&["p", &stranger]], "", &[]), Reason::Restricted);
        assert_eq!(w.judge(&w.stranger, 21_059, NOW, &[&["p", &alice]], "", &[]), Verdict::Pass);
        for kind in [13, 14, 22_242] {
            refused(w.judge(&w.alice, kind, NOW, &[], "", &[&w.alice]), Reason::Blocked);
        }
        refused(w.judge(&w.alice, 1, NOW, &[&["-"]], "", &[]), Reason::AuthRequired);
        refused(w.judge(&w.alice, 1, NOW, &[&["-"]], "", &[&w.stranger]), Reason::Restricted);
        assert_eq!(w.judge(&w.alice, 1, NOW, &[&["-"]], "", &[&w.alice]), Verdict::Store { pending: 0 });
        for kind in [5, 10_002, 10_006, 10_050] {
            let verdict = w.judge(&w.alice, kind, NOW, &[&["-"]], "", &[&w.alice]);
            assert_eq!(verdict, Verdict::Store { pending: 2 }, "{kind}");
        }
        refused(w.judge(&w.alice, 6, NOW, &[], r#"{"tags":[["-"]]}"#, &[&w.alice]), Reason::Blocked);
    }

    #[test]
    fn time_and_vanishing() {
        let w = World::new();
        refused(w.judge(&w.alice, 1, NOW + 901, &[], "", &[]), Reason::Invalid);
        refused(w.judge(&w.alice, 1, NOW, &[&["expiration", "1000000"]], "", &[]), Reason::Invalid);
        assert_eq!(
            w.judge(&w.stranger, 62, NOW, &[&["relay", "wss://host.example/relay/"]], "", &[]),
            Verdict::Store { pending: 1 }
        );
        assert_eq!(
            w.judge(&w.stranger, 62, NOW, &[&["relay", "ALL_RELAYS"]], "", &[]),
            Verdict::Store { pending: 1 }
        );
        refused(
            w.judge(&w.stranger, 62, NOW, &[&["relay", "wss://other.example"]], "", &[]),
            Reason::Blocked,
        );
    }
}
