//! Rumors, seals and gift wraps (NIP-59): an event without a signature, encrypted by its author, encrypted again by a key
//! that is used once.

use super::n44;
use crate::event::{Event, Hex32, Keys, Kind, Tag, Template, kind, random};
use serde::{Deserialize, Serialize};

/// Seconds that seals and wraps are dated back by, at most (NIP-59).
pub const BACK: i64 = 2 * 86_400;
/// Seconds that clocks may differ by.
const AHEAD: i64 = 15 * 60;
/// Seconds that a rumor may be older than its wrap: written without a network, sent later.
const OLDER: i64 = 30 * 86_400;
/// Bytes of a rumor, and what its tags may measure.
const LONGEST: usize = 64 * 1024;
const TAGS: usize = 500;
const VALUES: usize = 20;

/// An event that nobody has signed: its author is who has sealed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rumor {
    pub id: Hex32,
    pub pubkey: Hex32,
    /// Seconds since the Unix epoch.
    pub created_at: i64,
    pub kind: Kind,
    pub tags: Vec<Tag>,
    pub content: String,
}

/// Why a gift is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("it is for somebody else, or damaged")]
    Unreadable,
    #[error("what it holds is no event, or too large")]
    Malformed,
    #[error("its seal is none, or not signed by whom it says")]
    Seal,
    #[error("it has expired")]
    Expired,
    #[error("its author is not who sealed it")]
    Author,
    #[error("it is signed: it could be shown to others")]
    Signed,
    #[error("its id is not the hash of what it says")]
    Id,
    #[error("its dates cannot be right")]
    Time,
}

impl Rumor {
    pub fn of(template: Template, author: &Hex32) -> Rumor {
        let id = template.id(author);
        let Template { created_at, kind, tags, content } = template;
        Rumor { id, pubkey: *author, created_at, kind, tags, content }
    }

    pub fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what was inside a seal, or what was stored.
    pub fn parse(json: &str) -> Result<Rumor, Broken> {
        #[derive(Deserialize)]
        struct Wire {
            id: Option<Hex32>,
            pubkey: Hex32,
            created_at: i64,
            kind: Kind,
            tags: Vec<Tag>,
            content: String,
            #[serde(default)]
            sig: String,
        }
        if json.len() > LONGEST {
            return Err(Broken::Malformed);
        }
        let wire: Wire = serde_json::from_str(json).map_err(|_| Broken::Malformed)?;
        let odd = |tag: &Tag| tag.is_empty() || tag.len() > VALUES;
        if wire.tags.len() > TAGS || wire.tags.iter().any(odd) || wire.created_at < 0 {
            return Err(Broken::Malformed);
        }
        if !wire.sig.is_empty() {
            return Err(Broken::Signed);
        }
        let Wire { id, pubkey, created_at, kind, tags, content, .. } = wire;
        let rumor = Rumor::of(Template { created_at, kind, tags, content }, &pubkey);
        match id.is_none_or(|id| id == rumor.id) {
            true => Ok(rumor),
            false => Err(Broken::Id),
        }
    }
}

/// Seals a rumor of `keys` for one key, and wraps it. Both are dated back at random.
pub fn gift(keys: &Keys, rumor: &Rumor, to: &Hex32, now: i64) -> Result<Event, n44::CryptError> {
    let seal = keys.sign(Template {
        created_at: back(now),
        kind: kind::SEAL,
        tags: Vec::new(),
        content: n44::encrypt(keys, to, &rumor.json())?,
    });
    let once = Keys::generate();
    Ok(once.sign(Template {
        created_at: back(now),
        kind: kind::GIFT_WRAP,
        tags: vec![vec!["p".into(), to.to_string()]],
        content: n44::encrypt(&once, to, &seal.json)?,
    }))
}

/// A moment within the last two days.
fn back(now: i64) -> i64 {
    let random = u32::from_be_bytes(random::<4>());
    now - i64::from(random) % BACK
}

/// Opens a verified wrap with its recipient's keys, and checks all that is in it. `now`: seconds.
pub fn open(keys: &Keys, wrap: &Event, now: i64) -> Result<Rumor, Broken> {
    let seal = n44::decrypt(keys, &wrap.pubkey, &wrap.content).map_err(|_| Broken::Unreadable)?;
    let seal = Event::from_json(&seal).map_err(|_| Broken::Seal)?;
    // Of a message that is to disappear, the seal says so, too (NIP-17); any other tag would tell of what is in it.
    let tells = |tag: &Tag| tag.first().is_none_or(|name| name != "expiration");
    if seal.kind != kind::SEAL || seal.tags.iter().any(tells) {
        return Err(Broken::Seal);
    }
    if seal.has_expired(now) {
        return Err(Broken::Expired);
    }
    let rumor = n44::decrypt(keys, &seal.pubkey, &seal.content).map_err(|_| Broken::Unreadable)?;
    let rumor = Rumor::parse(&rumor)?;
    if rumor.pubkey != seal.pubkey {
        return Err(Broken::Author);
    }
    let written = rumor.created_at;
    // Nothing is wrapped before it is written, but for what the date is moved back by.
    let in_order = |at: i64| at >= written - BACK - AHEAD && at <= now + AHEAD;
    match in_order(seal.created_at) && in_order(wrap.created_at) && written <= now + AHEAD {
        true if written >= wrap.created_at - OLDER => Ok(rumor),
        _ => Err(Broken::Time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn rumor(keys: &Keys, at: i64) -> Rumor {
        let template = Template {
            created_at: at,
            kind: kind::CHAT_MESSAGE,
            tags: vec![vec!["p".into(), keys.public().to_string()]],
            content: "between \"us\"\n".into(),
        };
        Rumor::of(template, &keys.public())
    }

    /// A wrap around any seal.
    fn wrap(seal: &str, to: &Hex32, at: i64) -> Event {
        let once = Keys::generate();
        once.sign(Template {
            created_at: at,
            kind: kind::GIFT_WRAP,
            tags: Vec::new(),
            content: n44::encrypt(&once, to, seal).unwrap(),
        })
    }

    fn sealed(keys: &Keys, json: &str, to: &Hex32, at: i64, tags: Vec<Tag>, kind: Kind) -> Event {
        let content = n44::encrypt(keys, to, json).unwrap();
        keys.sign(Template { created_at: at, kind, tags, content })
    }

    #[test]
    fn a_gift_opens_for_whom_it_is_and_tells_nothing_outside() {
        let (a, b, c) = (Keys::generate(), Keys::generate(), Keys::generate());
        let rumor = rumor(&a, NOW);
        let gift = gift(&a, &rumor, &b.public(), NOW).unwrap();
        assert_eq!(open(&b, &gift, NOW).unwrap(), rumor);
        assert_eq!(open(&c, &gift, NOW), Err(Broken::Unreadable));
        assert_ne!(gift.pubkey, a.public());
        assert!(!gift.json.contains(&a.public().to_string()));
        assert!((NOW - BACK..=NOW).contains(&gift.created_at));
        assert_eq!(Rumor::parse(&rumor.json()).unwrap(), rumor);
    }

    #[test]
    fn what_is_not_right_inside_is_refused() {
        let (a, b, eve) = (Keys::generate(), Keys::generate(), Keys::generate());
        let to = b.public();
        let good = rumor(&a, NOW).json();
        let opened = |seal: &Event, at: i64| open(&b, &wrap(&seal.json, &to, at), NOW);
        let seal = |keys: &Keys, json: &str| sealed(keys, json, &to, NOW, Vec::new(), kind::SEAL);
        assert!(opened(&seal(&a, &good), NOW).is_ok());
        // Somebody else's words.
        assert_eq!(opened(&seal(&eve, &good), NOW), Err(Broken::Author));
        // A seal whose signature is another's.
        let forged = seal(&eve, &good).json.replace(&eve.public().to_string(), &a.public().to_string());
        assert_eq!(open(&b, &wrap(&forged, &to, NOW), NOW), Err(Broken::Seal));
        let no_seal = sealed(&a, &good, &to, NOW, Vec::new(), kind::NOTE);
        assert_eq!(opened(&no_seal, NOW), Err(Broken::Seal));
        let told = sealed(&a, &good, &to, NOW, vec![vec!["p".into(), to.to_string()]], kind::SEAL);
        assert_eq!(opened(&told, NOW), Err(Broken::Seal));
        let expiring = |at: i64| {
            let tags = vec![vec!["expiration".into(), at.to_string()]];
            opened(&sealed(&a, &good, &to, NOW, tags, kind::SEAL), NOW)
        };
        assert!(expiring(NOW + 60).is_ok());
        assert_eq!(expiring(NOW), Err(Broken::Expired));
        let changed = good.replace("between", "betwixt");
        assert_eq!(opened(&seal(&a, &changed), NOW), Err(Broken::Id));
        let signed = format!("{},\"sig\":\"{}\"}}", good.trim_end_matches('}'), "0".repeat(128));
        assert_eq!(opened(&seal(&a, &signed), NOW), Err(Broken::Signed));
        assert_eq!(opened(&seal(&a, "[]"), NOW), Err(Broken::Malformed));
        assert_eq!(Rumor::parse(&"x".repeat(LONGEST + 1)), Err(Broken::Malformed));
    }

    #[test]
    fn dates_stay_within_their_bounds() {
        let (a, b) = (Keys::generate(), Keys::generate());
        let to = b.public();
        let opened = |written: i64, sealed_at: i64, wrapped_at: i64| {
            let seal = sealed(&a, &rumor(&a, written).json(), &to, sealed_at, Vec::new(), kind::SEAL);
            open(&b, &wrap(&seal.json, &to, wrapped_at), NOW).map(|_| ())
        };
        let day = 86_400;
        assert_eq!(opened(NOW, NOW - BACK, NOW - BACK), Ok(()));
        assert_eq!(opened(NOW - 20 * day, NOW, NOW), Ok(()));
        for (written, sealed_at, wrapped_at) in [
            (NOW + day, NOW, NOW),
            (NOW, NOW + day, NOW),
            (NOW, NOW, NOW + day),
            (NOW, NOW - 3 * day, NOW),
            (NOW, NOW, NOW - 3 * day),
            (NOW - 31 * day, NOW, NOW),
        ] {
            assert_eq!(opened(written, sealed_at, wrapped_at), Err(Broken::Time));
        }
    }
}
