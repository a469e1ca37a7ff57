//! Whom it concerns: most of what a relay says is about nobody here, and must cost as little as possible.

use super::Reader;
use crate::{firehose::Peek, syntax::Did};
use landbridge_hub::HubError;
use landbridge_model::{Network, Time};
use landbridge_store::entities::{atproto_reader, presences};
use memchr::memmem;
use std::{
    collections::HashSet,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Rows read at once.
const PAGE: i64 = 1_000;
/// What somebody wrote so shortly before it was noticed that they are followed is asked for.
const UNHEARD: Duration = Duration::from_secs(15);
/// Length of a `did:plc`.
const PLC: usize = 32;

/// Why a message is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A member follows its author.
    Followed,
    /// It names a member.
    Aimed,
    /// Its author is known here, and takes something back or changes it.
    Known,
}

/// Whom members follow, and who they are.
#[derive(Debug, Default)]
pub struct People {
    pub(super) followed: HashSet<Box<str>>,
    pub(super) members: HashSet<Box<str>>,
    /// Of the members, those that are no `did:plc`.
    others: Vec<Box<str>>,
}

#[derive(Debug, Default)]
pub struct Interest {
    people: RwLock<Arc<People>>,
    /// Whether everybody who is known here was noted.
    filled: AtomicBool,
}

impl Interest {
    pub fn people(&self) -> Arc<People> {
        self.people.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Looks again whom members follow. Whom nobody follows any more is no longer read in order.
    pub async fn refresh(&self, reader: &Reader) -> Result<(), HubError> {
        let store = reader.hub.store();
        let mut members: HashSet<Box<str>> = HashSet::new();
        for mut row in store.rows(atproto_reader::members(Network::AtProto)).await? {
            members.insert(row.get::<String>(0)?.into());
        }
        let mut followed: HashSet<Box<str>> = HashSet::new();
        for mut row in store.rows(presences::followed_by_members(Network::AtProto)).await? {
            followed.insert(presences::read(&mut row)?.native_id.into());
        }
        followed.retain(|did| !members.contains(did));
        let first = !self.filled.load(Ordering::Relaxed);
        if first {
            note_everybody(reader).await?;
        }
        forget_unfollowed(reader, &self.people().followed, &followed, first).await?;
        self.filled.store(true, Ordering::Relaxed);
        metrics::gauge!("atproto_repositories_followed").set(followed.len() as f64);
        let new: Vec<Box<str>> = match first {
            true => Vec::new(),
            false => followed.difference(&self.people().followed).cloned().collect(),
        };
        let people = Arc::new(People::new(followed, members));
        *self.people.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = people;
        // Between the follow and now nobody listened to them.
        let since = reader.at.tid_at(Time::now().minus(UNHEARD)).to_string();
        for did in new {
            if let Err(error) = reader.note_missed(&did, &since).await {
                tracing::warn!(%error, %did, "what somebody wrote just now may be missed");
            }
        }
        Ok(())
    }
}

/// Everybody who is known here, once; who comes later is noted one by one.
async fn note_everybody(reader: &Reader) -> Result<(), HubError> {
    let mut after = String::new();
    loop {
        let rows = reader.hub.store().rows(atproto_reader::people(Network::AtProto, &after, PAGE)).await?;
        let full = rows.len() as i64 == PAGE;
        for mut row in rows {
            after = row.get(0)?;
            reader.at.people.note_known(&after);
        }
        if !full {
            return Ok(());
        }
    }
}

/// How far somebody was read means nothing once nobody follows them.
async fn forget_unfollowed(
    reader: &Reader,
    before: &HashSet<Box<str>>,
    now: &HashSet<Box<str>>,
    first: bool,
) -> Result<(), HubError> {
    let mut gone: Vec<String> = before.difference(now).map(ToString::to_string).collect();
    if first {
        let mut after = String::new();
        loop {
            let rows = reader.hub.store().rows(atproto_reader::dids(&after, PAGE)).await?;
            let full = rows.len() as i64 == PAGE;
            for mut row in rows {
                after = row.get(0)?;
                if !now.contains(after.as_str()) {
                    gone.push(after.clone());
                }
            }
            if !full {
                break;
            }
        }
    }
    for did in gone {
        reader.hub.store().write(atproto_reader::forget(&did)).await?;
    }
    Ok(())
}

impl People {
    /// DIDs of those whom members follow, and of the members.
    pub fn new(followed: HashSet<Box<str>>, members: HashSet<Box<str>>) -> People {
        let is_plc = |did: &str| did.len() == PLC && did.starts_with("did:plc:");
        let others = members.iter().filter(|did| !is_plc(did)).cloned().collect();
        People { followed, members, others }
    }

    /// Why a frame is worth decoding; `None`: it is about nobody here. `known`: whether its
    /// author is known here.
    pub fn why(&self, peek: &Peek<'_>, frame: &[u8], known: impl FnOnce(&str) -> bool) -> Option<Why> {
        // What members do is known here before anybody tells it.
        if self.members.contains(peek.did) {
            return None;
        }
        if self.followed.contains(peek.did) {
            return Some(Why::Followed);
        }
        match peek.kind {
            "#commit" if self.names_a_member(frame) => Some(Why::Aimed),
            "#commit" => (takes_back(frame) && known(peek.did)).then_some(Why::Known),
            "#identity" | "#account" => known(peek.did).then_some(Why::Known),
            _ => None,
        }
    }

    /// Whether some bytes hold the DID of a member.
    pub fn names_a_member(&self, bytes: &[u8]) -> bool {
        let plc = memmem::find_iter(bytes, b"did:plc:").any(|at| {
            let did = bytes.get(at..at + PLC).and_then(|did| std::str::from_utf8(did).ok());
            did.is_some_and(|did| self.members.contains(did))
        });
        plc || self.others.iter().any(|did| memmem::find(bytes, did.as_bytes()).is_some())
    }

    pub fn is_member(&self, did: &str) -> bool {
        self.members.contains(did)
    }

    pub fn is_followed(&self, did: &Did) -> bool {
        self.followed.contains(did.as_str())
    }
}

/// Whether a frame may say that something was deleted or changed (these words, as CBOR has them), or who may answer or
/// quote.
fn takes_back(frame: &[u8]) -> bool {
    let words: [&[u8]; 4] = [b"fdelete", b"fupdate", b".feed.threadgate/", b".feed.postgate/"];
    words.iter().any(|word| memmem::find(frame, word).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: &str = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
    const FOLLOWED: &str = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb";
    const STRANGER: &str = "did:plc:cccccccccccccccccccccccc";

    fn people() -> People {
        let set = |did: &str| HashSet::from([Box::from(did)]);
        let mut members = set(MEMBER);
        members.insert("did:web:m.example".into());
        People::new(set(FOLLOWED), members)
    }

    #[test]
    fn what_concerns_nobody_is_dropped() {
        let people = people();
        let why = |kind, did, frame: &[u8], known| people.why(&Peek { kind, seq: 1, did }, frame, |_| known);
        assert_eq!(why("#commit", STRANGER, b"x did:plc:dddddddddddddddddddddddd did:plc:", false), None);
        assert_eq!(why("#commit", FOLLOWED, b"", false), Some(Why::Followed));
        assert_eq!(why("#commit", MEMBER, MEMBER.as_bytes(), true), None);
        // In CBOR the next field follows at once.
        assert_eq!(
            why("#commit", STRANGER, b"at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaaeindex", false),
            Some(Why::Aimed)
        );
        assert_eq!(why("#commit", STRANGER, b"cdidqdid:web:m.exampleet", false), Some(Why::Aimed));
        assert_eq!(why("#commit", STRANGER, b"faction\x66delete", true), Some(Why::Known));
        assert_eq!(why("#commit", STRANGER, b"faction\x66delete", false), None);
        assert_eq!(why("#commit", STRANGER, b"x\x1eapp.bsky.feed.postgate/3k", true), Some(Why::Known));
        assert_eq!(why("#identity", STRANGER, b"", true), Some(Why::Known));
        assert_eq!(why("#info", STRANGER, b"", true), None);
    }
}
