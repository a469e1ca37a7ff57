//! The line that all incoming events stand in: taken in batches, each looked up, checked and written in one transaction,
//! and answered after its commit. A few batches are under way at once: while one is being written, others are checked, on
//! all cores.

use super::{
    Shared,
    limits::Scope,
    listener::Listener,
    live::single_letter,
    policy::{self, Context, Verdict},
    session::claimed_id,
};
use crate::{
    event::{Class, Event, EventError, Hex32, Kind, Tag, TagsExt, Unverified, is_hex32, is_indexable, kind},
    wire::{Reason, frames},
};
use landbridge_hub::Hub;
use landbridge_model::{Id, Time};
use landbridge_store::{
    Change, Fault, StoreError, WriteError, Written,
    entities::nostr_events::{self, Asked, Known, NewEvent},
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Weak},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// An event that a client sent.
pub struct Submission {
    pub json: String,
    pub from: Arc<Listener>,
    /// Its place in the line, given back when it has been answered.
    pub _room: OwnedSemaphorePermit,
}

/// Events per batch.
const BATCH: usize = 512;
/// Events per write; the store commits writes that come together as one.
const PER_WRITE: usize = 64;
/// Bytes of a tag value that is indexed.
const INDEXED_VALUE: usize = 256;
/// Tags of one name that are looked up for one event.
const LOOKED_UP: usize = 200;

/// Works until the relay is gone.
pub async fn run(relay: Weak<Shared>, mut line: mpsc::Receiver<Submission>) {
    // One more than can be checked at once, for the one that is being written.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let in_flight = Arc::new(Semaphore::new(cores + 1));
    // First the place, then the events: while all places are taken, the next batch grows.
    while let Ok(permit) = in_flight.clone().acquire_owned().await {
        let mut batch = Vec::with_capacity(BATCH);
        if line.recv_many(&mut batch, BATCH).await == 0 {
            return;
        }
        let Some(relay) = relay.upgrade() else { return };
        tokio::spawn(async move {
            relay.ingest(batch).await;
            drop(permit);
        });
    }
}

/// An event with the connection that waits for its answer.
struct Held<T> {
    event: T,
    from: Arc<Listener>,
}

/// An event that is to be stored.
struct Accepted {
    event: Event,
    from: Arc<Listener>,
    seq: i64,
    pending: i64,
    changes: Vec<Change>,
}

impl Shared {
    async fn ingest(&self, batch: Vec<Submission>) {
        metrics::counter!("nostr_relay_events_received").increment(batch.len() as u64);
        if let Err(error) = self.members.keep_fresh().await {
            tracing::warn!(%error, "members could not be read; those known before count");
        }
        let mut parsed: Vec<Held<Unverified<'_>>> = Vec::with_capacity(batch.len());
        for Submission { json, from, .. } in &batch {
            match Event::parse(json, &self.limits.event) {
                Err(error) => self.refuse_broken(from, json, &error),
                Ok(event) => parsed.push(Held { event, from: from.clone() }),
            }
        }
        let (members, apps) = (self.members.all(), self.apps_for(&parsed).await);
        parsed.retain(|Held { event, from }| {
            let within = members.contains_key(&event.pubkey) || self.within_rates(event, from, &apps);
            if !within {
                from.send(frames::refused(&event.id, Reason::RateLimited, "please wait a minute"));
            }
            within
        });
        if parsed.is_empty() {
            return;
        }
        let known = match self.known(&parsed).await {
            Ok(known) => known,
            Err(error) => {
                tracing::error!(%error, "the relay cannot read its store");
                return parsed.iter().for_each(|h| {
                    h.from.send(frames::refused(&h.event.id, Reason::Error, "the store is away"))
                });
            }
        };
        let stored = give_up_thread(|| self.check(parsed, &known));
        if !stored.is_empty() {
            self.store(stored).await;
        }
    }

    /// Checks signatures, judges, answers what is not to be stored; gives the rest.
    fn check(&self, parsed: Vec<Held<Unverified<'_>>>, known: &Known) -> Vec<Accepted> {
        let (members, now) = (self.members.all(), Time::now().secs());
        let mut accepted = Vec::with_capacity(parsed.len());
        for Held { event, from } in parsed {
            if let Some(reply) = already(&event, known) {
                from.send(reply);
                continue;
            }
            let id = event.id;
            let event = match event.verify() {
                Ok(event) => event,
                Err(error) => {
                    metrics::counter!("nostr_relay_events_refused", "reason" => "signature").increment(1);
                    from.forged();
                    from.send(frames::refused(&id, Reason::Invalid, &error.to_string()));
                    continue;
                }
            };
            let authenticated = from.readers();
            let context = Context {
                members: &members,
                own_key: self.own_key,
                guests: &self.guests,
                relay_url: &self.url,
                authenticated: &authenticated,
                known,
                now,
                ahead: self.limits.ahead,
            };
            match policy::judge(&event, &context) {
                Verdict::Refuse(reason, why) => {
                    metrics::counter!("nostr_relay_events_refused", "reason" => reason.to_string())
                        .increment(1);
                    from.send(frames::refused(&event.id, reason, why));
                }
                Verdict::Pass => {
                    if self.is_for_signer(event.kind, &event.tags)
                        && self.signer.try_send(event.clone()).is_err()
                    {
                        let why = "the signer has too much to do, please ask again";
                        from.send(frames::refused(&event.id, Reason::RateLimited, why));
                        continue;
                    }
                    from.send(frames::ok(&event.id, true, ""));
                    self.show_live(event, None);
                }
                Verdict::Store { pending } => {
                    let seq = self.hub.ids().next().0;
                    let changes = changes_for(&event, seq, pending, &self.url);
                    accepted.push(Accepted { event, from, seq, pending, changes });
                }
            }
        }
        accepted
    }

    /// Writes all, and answers.
    async fn store(&self, mut batch: Vec<Accepted>) {
        let mut writes = Vec::with_capacity(batch.len() / PER_WRITE + 1);
        while !batch.is_empty() {
            let rest = batch.split_off(PER_WRITE.min(batch.len()));
            writes.push(self.store_together(std::mem::replace(&mut batch, rest)));
        }
        futures_util::future::join_all(writes).await;
    }

    async fn store_together(&self, mut batch: Vec<Accepted>) {
        match self.write(&mut batch).await {
            Ok(written) => self.committed(batch, written),
            // One that the store does not take must not take the others with it.
            Err(WriteError::Store(error)) if batch.len() > 1 && is_about_the_batch(&error) => {
                tracing::warn!(%error, "a batch of events cannot be stored; each is tried alone");
                for mut one in batch {
                    one.changes = changes_for(&one.event, one.seq, one.pending, &self.url);
                    let mut one = vec![one];
                    match self.write(&mut one).await {
                        Ok(written) => self.committed(one, written),
                        Err(error) => not_stored(&one, &error),
                    }
                }
            }
            Err(error) => not_stored(&batch, &error),
        }
    }

    async fn write(&self, batch: &mut [Accepted]) -> Result<Written, WriteError> {
        let mut all = vec![nostr_events::take_turn()];
        all.extend(batch.iter_mut().flat_map(|accepted| std::mem::take(&mut accepted.changes)));
        all.push(nostr_events::told(&batch.iter().map(|accepted| Id(accepted.seq)).collect::<Vec<_>>()));
        self.hub.store().write(all).await
    }

    fn committed(&self, batch: Vec<Accepted>, mut written: Written) {
        let mut turns: HashMap<i64, i64> = HashMap::with_capacity(batch.len());
        for row in &mut written.returned {
            if let (Ok(seq), Ok(turn)) = (row.get(0), row.get(1)) {
                turns.insert(seq, turn);
            }
        }
        metrics::counter!("nostr_relay_events_stored").increment(turns.len() as u64);
        let mut for_hub = false;
        for Accepted { event, from, seq, pending, .. } in batch {
            if let Some(turn) = turns.get(&seq) {
                from.send(frames::ok(&event.id, true, ""));
                for_hub |= pending > 0;
                // A wrap is shown when the hub has opened it.
                if !(pending > 0 && kind::is_wrap(event.kind)) {
                    self.show_live(event, Some(*turn));
                }
            } else {
                // Another batch was faster with it, or with a newer version or its deletion.
                from.send(frames::ok(&event.id, true, "duplicate: it or a newer one is here"));
            }
        }
        if for_hub {
            self.pending.notify_one();
        }
    }

    /// What somebody says to members waits for the gate.
    pub(super) fn show_live(&self, event: Event, turn: Option<i64>) {
        if !self.is_addressed(&event) {
            self.live.publish(&event, turn);
        } else if self.addressed.try_send((event, turn)).is_err() {
            metrics::counter!("nostr_relay_events_not_shown_live").increment(1);
        }
    }

    fn refuse_broken(&self, from: &Arc<Listener>, json: &str, error: &EventError) {
        metrics::counter!("nostr_relay_events_refused", "reason" => "broken").increment(1);
        from.send(match claimed_id(json) {
            Some(id) => frames::refused(&id, Reason::Invalid, &error.to_string()),
            None => frames::notice(&format!("invalid: {error}")),
        });
    }

    /// Whether it is a request to our signer (NIP-46).
    fn is_for_signer(&self, kind: Kind, tags: &[Tag]) -> bool {
        let is_ours = |p: &str| p.parse().is_ok_and(|p: Hex32| p == self.own_key);
        kind == kind::NOSTR_CONNECT && tags.values("p").any(is_ours)
    }

    /// The apps with an open session; none when nobody asks our signer in this batch.
    async fn apps_for(&self, batch: &[Held<Unverified<'_>>]) -> Arc<HashSet<Hex32>> {
        if !batch.iter().any(|h| self.is_for_signer(h.event.kind, &h.event.tags)) {
            return Arc::default();
        }
        if let Err(error) = self.apps.keep_fresh().await {
            tracing::warn!(%error, "apps' sessions could not be read; those known before count");
        }
        self.apps.all()
    }

    /// Strangers are limited by connection (or the key it proved), by author, and wraps by recipient; what apps ask our
    /// signer, by the app alone.
    fn within_rates(&self, event: &Unverified<'_>, from: &Listener, apps: &HashSet<Hex32>) -> bool {
        if apps.contains(&event.pubkey) && self.is_for_signer(event.kind, &event.tags) {
            return self.rates.take(Scope::App, event.pubkey, 1.0);
        }
        let keys = from.readers();
        let members = self.members.all();
        if keys.iter().any(|k| members.contains_key(k)) {
            return true;
        }
        let connection = keys.first().copied().unwrap_or_else(|| connection_key(from.id));
        let recipient =
            kind::is_wrap(event.kind).then(|| event.tags.value("p").and_then(|p| p.parse().ok())).flatten();
        self.rates.take(Scope::Authenticated, connection, 1.0)
            && match recipient {
                // First its own share of what one member can get, so that a flood does not use up the others'.
                Some(p) => {
                    self.rates.take(Scope::Share, mixed(&connection, &p), 1.0)
                        && self.rates.take(Scope::Recipient, p, 1.0)
                }
                None => self.rates.take(Scope::Author, event.pubkey, 1.0),
            }
    }

    /// What is known of everything that the batch is and names. Who became a member lately, here or in another process,
    /// is found on the way: nobody is told "no member" from memory alone.
    async fn known(&self, batch: &[Held<Unverified<'_>>]) -> Result<Known, StoreError> {
        let members = self.members.all();
        let mut asked = Asked::default();
        for Held { event, .. } in batch {
            asked.ids.push(event.id.to_string());
            asked.keys.push(event.pubkey.to_string());
            asked.keys.extend(recipient(event).map(str::to_owned));
            asked.addresses.extend(address_of(event));
            if members.contains_key(&event.pubkey) {
                continue;
            }
            let hex =
                |name| event.tags.values(name).filter(|v| is_hex32(v)).take(LOOKED_UP).map(str::to_owned);
            asked.ids.extend(["e", "q", "E"].into_iter().flat_map(hex));
            let addresses = ["a", "A"].into_iter().flat_map(|name| event.tags.values(name).take(LOOKED_UP));
            asked.addresses.extend(addresses.filter(|a| is_indexable(a)).map(str::to_owned));
            asked.people.push(event.pubkey.to_string());
            let named = ["p", "P"].into_iter().flat_map(|name| event.tags.values(name).take(LOOKED_UP));
            let unknown = |p: &&str| p.parse().is_ok_and(|key| !members.contains_key(&key));
            asked.people.extend(named.filter(unknown).map(str::to_owned));
            if event.kind == kind::FOLLOWS {
                asked.followers.push(event.pubkey.to_string());
            }
        }
        let known = Known::read(self.hub.store().all(nostr_events::known(&asked)).await?)?;
        self.members.add(&known.members);
        Ok(known)
    }
}

/// Whom a gift wrap is for.
fn recipient<'a>(event: &'a Unverified<'_>) -> Option<&'a str> {
    event.tags.value("p").filter(|p| kind::is_wrap(event.kind) && is_hex32(p))
}

fn not_stored(batch: &[Accepted], error: &WriteError) {
    tracing::error!(%error, "the relay cannot store events");
    let why = match error {
        WriteError::DiskFull => "the disk is full",
        _ => "the store is away",
    };
    for Accepted { event, from, .. } in batch {
        from.send(frames::refused(&event.id, Reason::Error, why));
    }
}

/// Whether another write could fare better.
fn is_about_the_batch(error: &StoreError) -> bool {
    let passing = matches!(error.fault(), Some(Fault::Unavailable | Fault::Busy | Fault::Full));
    !passing && !matches!(error, StoreError::Closed)
}

/// A key for two together.
fn mixed(one: &Hex32, other: &Hex32) -> Hex32 {
    let mut key = one.0;
    for (byte, part) in key.iter_mut().zip(other.0) {
        *byte ^= part;
    }
    Hex32(key)
}

/// A connection's stand-in for a key.
fn connection_key(id: u64) -> Hex32 {
    let mut key = [0; 32];
    for (byte, part) in key.iter_mut().zip(id.to_be_bytes()) {
        *byte = part;
    }
    Hex32(key)
}

fn address_of(event: &Unverified<'_>) -> Option<String> {
    let d = match kind::class(event.kind) {
        Class::Addressable => event.tags.value("d").unwrap_or_default(),
        Class::Replaceable => "",
        _ => return None,
    };
    Some(crate::event::address(event.kind, &event.pubkey, d))
}

/// The answer to what needs no storing: known, deleted, vanished, outdated. Ids come before signatures: a known id is
/// a known event.
fn already(event: &Unverified<'_>, known: &Known) -> Option<String> {
    let (id, author) = (event.id.to_string(), event.pubkey.to_string());
    if known.held.contains(&id) {
        return Some(frames::ok(&event.id, true, "duplicate: it is here"));
    }
    let address = address_of(event);
    let asked = |target: String| known.deleted.get(&target).into_iter().flatten();
    // The author of a gift wrap is nobody: whom it is for deletes it.
    let may_delete = |by: &str| by == author || recipient(event) == Some(by);
    let deleted = asked(format!("e{id}")).any(|(by, _)| may_delete(by))
        || address.as_ref().is_some_and(|address| {
            asked(format!("a{address}")).any(|(by, until)| *by == author && event.created_at <= *until)
        });
    if deleted {
        return Some(frames::refused(&event.id, Reason::Blocked, "it was deleted"));
    }
    let vanished = |key: &str| known.vanished.get(key).is_some_and(|until| event.created_at <= *until);
    if vanished(&author) || recipient(event).is_some_and(vanished) {
        return Some(frames::refused(&event.id, Reason::Blocked, "its author asked to vanish"));
    }
    let (at, other) = known.latest.get(&address?)?;
    let newer = *at > event.created_at || (*at == event.created_at && *other < id);
    newer.then(|| frames::refused(&event.id, Reason::Duplicate, "a newer version is here"))
}

/// Does work that takes the processor for milliseconds without holding up what else the runtime has to do.
fn give_up_thread<T>(work: impl FnOnce() -> T) -> T {
    match tokio::runtime::Handle::current().runtime_flavor() {
        tokio::runtime::RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// The changes that store an event and carry out what it asks of the relay (NIP-09, NIP-62).
pub(crate) fn store_changes(hub: &Hub, event: &Event, pending: i64, relay_url: &str) -> Vec<Change> {
    let mut changes = vec![nostr_events::take_turn()];
    changes.extend(changes_for(event, hub.ids().next().0, pending, relay_url));
    changes
}

fn changes_for(event: &Event, seq: i64, pending: i64, relay_url: &str) -> Vec<Change> {
    let (id, pubkey, address) = (event.id.to_string(), event.pubkey.to_string(), event.address());
    let recipient = event.wrap_recipient().map(|p| p.to_string());
    let mut changes = Vec::new();
    if event.kind == kind::DELETION {
        let ids: Vec<String> = event.tags.values("e").filter(|id| is_hex32(id)).map(str::to_owned).collect();
        // An address names its author; only one's own can be deleted.
        let own = |a: &&str| is_indexable(a) && a.split(':').nth(1) == Some(pubkey.as_str());
        let addresses: Vec<String> = event.tags.values("a").filter(own).map(str::to_owned).collect();
        changes.extend(nostr_events::delete(&pubkey, &ids, &addresses, event.created_at));
    }
    if event.kind == kind::VANISH && policy::asks_us_to_vanish(event, relay_url) {
        changes.extend(nostr_events::vanish(&pubkey, event.created_at));
    }
    changes.extend(nostr_events::insert(NewEvent {
        seq,
        id: &id,
        pubkey: &pubkey,
        kind: i64::from(event.kind),
        created_at: event.created_at,
        address: address.as_deref(),
        recipient: recipient.as_deref(),
        expires_at: event.expiration(),
        pending,
        json: &event.json,
        tags: tag_keys(event),
    }));
    if event.kind == kind::VANISH && policy::asks_us_to_vanish(event, relay_url) {
        changes.push(nostr_events::vanished_until(&pubkey, event.created_at));
    }
    changes
}

/// The index keys of single-letter tags: the letter and the first value.
fn tag_keys(event: &Event) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut keys = Vec::with_capacity(event.tags.len());
    for tag in &event.tags {
        if let [name, value, ..] = tag.as_slice()
            && single_letter(name).is_some()
            && value.len() <= INDEXED_VALUE
            && !value.contains('\0')
            && seen.insert((name, value))
        {
            keys.push(format!("{name}{value}"));
        }
    }
    keys
}
