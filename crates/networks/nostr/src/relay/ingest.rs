//! The line that all incoming events stand in: taken in batches, checked on all cores, written in one transaction,
//! answered after its commit. While one batch is being written, the next is checked.

use super::{
    Shared,
    limits::Scope,
    live::{Listener, single_letter},
    policy::{self, Context, Verdict},
    session::claimed_id,
};
use crate::{
    event::{Class, Event, EventError, Hex32, TagsExt, Unverified, kind},
    wire::{Reason, frames},
};
use landbridge_hub::Hub;
use landbridge_model::Time;
use landbridge_store::{
    Change, WriteError,
    entities::nostr_events::{self, Known, NewEvent},
};
use std::{
    collections::HashSet,
    sync::{Arc, Weak},
};
use tokio::sync::{Semaphore, mpsc};

/// An event that a client sent.
pub struct Submission {
    pub json: String,
    pub from: Arc<Listener>,
}

/// Events per batch.
const BATCH: usize = 512;
/// Batches being written or checked at once.
const IN_FLIGHT: usize = 3;
/// Bytes of a tag value that is indexed.
const INDEXED_VALUE: usize = 256;

/// Works until the relay is gone.
pub async fn run(relay: Weak<Shared>, mut line: mpsc::Receiver<Submission>) {
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut batch = Vec::with_capacity(BATCH);
    while line.recv_many(&mut batch, BATCH).await > 0 {
        let Some(relay) = relay.upgrade() else { return };
        let Ok(permit) = in_flight.clone().acquire_owned().await else { return };
        let taken = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
        tokio::spawn(async move {
            relay.ingest(taken).await;
            drop(permit);
        });
    }
}

/// An event with the connection that waits for its answer.
struct Held<T> {
    event: T,
    from: Arc<Listener>,
}

impl Shared {
    async fn ingest(&self, batch: Vec<Submission>) {
        metrics::counter!("nostr_relay_events_received").increment(batch.len() as u64);
        if let Err(error) = self.members.keep_fresh().await {
            tracing::warn!(%error, "members could not be read; those known before count");
        }
        let members = self.members.all();
        let limits = self.limits;
        let mut parsed: Vec<Held<Unverified<'_>>> = Vec::with_capacity(batch.len());
        for Submission { json, from } in &batch {
            match Event::parse(json, &limits.event) {
                Err(error) => self.refuse_broken(from, json, &error),
                Ok(event) => {
                    let member = members.contains_key(&event.pubkey);
                    if !member && !self.within_rates(&event, from) {
                        from.send(frames::refused(&event.id, Reason::RateLimited, "please wait a minute"));
                    } else {
                        parsed.push(Held { event, from: from.clone() });
                    }
                }
            }
        }
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
        parsed.retain(|held| match already(&held.event, &known) {
            Some(reply) => {
                held.from.send(reply);
                false
            }
            None => true,
        });
        let verified = verify_all(parsed).await;
        let held: HashSet<String> = known
            .held
            .iter()
            .map(|(id, _)| id.clone())
            .chain(known.latest.iter().map(|(a, ..)| a.clone()))
            .collect();
        let now = Time::now().secs();
        let mut changes: Vec<Change> = Vec::with_capacity(verified.len() * 2);
        let mut stored: Vec<(Held<Event>, i64, i64)> = Vec::with_capacity(verified.len());
        for Held { event, from } in verified {
            let authenticated = from.readers();
            let context = Context {
                members: &members,
                own_key: self.own_key,
                relay_url: &self.url,
                authenticated: &authenticated,
                held: &held,
                now,
                ahead: limits.ahead,
            };
            match policy::judge(&event, &context) {
                Verdict::Refuse(reason, why) => {
                    metrics::counter!("nostr_relay_events_refused", "reason" => reason.to_string())
                        .increment(1);
                    from.send(frames::refused(&event.id, reason, why));
                }
                Verdict::Pass => {
                    from.send(frames::ok(&event.id, true, ""));
                    if event.kind == kind::NOSTR_CONNECT && event.tags.people().contains(&self.own_key) {
                        // A full line drops it: the app asks again.
                        let _ = self.signer.try_send(event.clone());
                    }
                    self.live.publish(&event);
                }
                Verdict::Store { pending } => {
                    let seq = self.hub.ids().next().0;
                    changes.extend(changes_for(&event, seq, pending, &self.url));
                    stored.push((Held { event, from }, seq, pending));
                }
            }
        }
        if stored.is_empty() {
            return;
        }
        match self.hub.store().write(changes).await {
            Ok(mut written) => {
                let seqs: HashSet<i64> =
                    written.returned.iter_mut().filter_map(|row| row.get(0).ok()).collect();
                self.committed(stored, &seqs);
            }
            Err(error) => {
                let why = match &error {
                    WriteError::DiskFull => "the disk is full",
                    _ => "the store is away",
                };
                tracing::error!(%error, "the relay cannot store a batch");
                stored
                    .iter()
                    .for_each(|(h, ..)| h.from.send(frames::refused(&h.event.id, Reason::Error, why)));
            }
        }
    }

    fn committed(&self, batch: Vec<(Held<Event>, i64, i64)>, seqs: &HashSet<i64>) {
        let mut for_hub = false;
        metrics::counter!("nostr_relay_events_stored").increment(seqs.len() as u64);
        for (Held { event, from }, seq, pending) in batch {
            if seqs.contains(&seq) {
                from.send(frames::ok(&event.id, true, ""));
                self.live.publish(&event);
                for_hub |= pending > 0;
            } else {
                // Another batch was faster with it, or with a newer version or its deletion.
                from.send(frames::ok(&event.id, true, "duplicate: it or a newer one is here"));
            }
        }
        if for_hub {
            self.pending.notify_one();
        }
    }

    fn refuse_broken(&self, from: &Arc<Listener>, json: &str, error: &EventError) {
        metrics::counter!("nostr_relay_events_refused", "reason" => "broken").increment(1);
        from.send(match claimed_id(json) {
            Some(id) => frames::refused(&id, Reason::Invalid, &error.to_string()),
            None => frames::notice(&format!("invalid: {error}")),
        });
    }

    /// Strangers are limited by connection (or the key it proved), by author, and wraps by recipient.
    fn within_rates(&self, event: &Unverified<'_>, from: &Listener) -> bool {
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
                Some(p) => self.rates.take(Scope::Recipient, p, 1.0),
                None => self.rates.take(Scope::Author, event.pubkey, 1.0),
            }
    }

    async fn known(&self, batch: &[Held<Unverified<'_>>]) -> Result<Known, landbridge_store::StoreError> {
        let members = self.members.all();
        let (mut ids, mut addresses, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for Held { event, .. } in batch {
            ids.push(event.id.to_string());
            keys.push(event.pubkey.to_string());
            keys.extend(event.tags.value("p").filter(|_| kind::is_wrap(event.kind)).map(str::to_owned));
            addresses.extend(address_of(event));
            if !members.contains_key(&event.pubkey) {
                for name in ["e", "q", "E"] {
                    ids.extend(
                        event
                            .tags
                            .values(name)
                            .filter(|id| crate::event::is_hex32(id))
                            .take(100)
                            .map(str::to_owned),
                    );
                }
                for name in ["a", "A"] {
                    addresses.extend(event.tags.values(name).take(100).map(str::to_owned));
                }
            }
        }
        Known::read(self.hub.store().all(nostr_events::known(&ids, &addresses, &keys)).await?)
    }
}

/// A connection's stand-in for a key.
fn connection_key(id: u64) -> Hex32 {
    let mut key = [0; 32];
    let [a, b, c, d, e, f, g, h] = id.to_be_bytes();
    key[..8].copy_from_slice(&[a, b, c, d, e, f, g, h]);
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
    if known.held.iter().any(|(held, _)| *held == id) {
        return Some(frames::ok(&event.id, true, "duplicate: it is here"));
    }
    let address = address_of(event);
    let deleted = known.deleted.iter().any(|(target, by, until)| {
        *by == author
            && (target.strip_prefix('e') == Some(&id)
                || (target.strip_prefix('a').is_some_and(|a| Some(a) == address.as_deref())
                    && event.created_at <= *until))
    });
    if deleted {
        return Some(frames::refused(&event.id, Reason::Blocked, "its author deleted it"));
    }
    let wrapped_for = event.tags.value("p").filter(|_| kind::is_wrap(event.kind));
    let vanished = |key: &str| known.vanished.iter().any(|(k, until)| k == key && event.created_at <= *until);
    if vanished(&author) || wrapped_for.is_some_and(vanished) {
        return Some(frames::refused(&event.id, Reason::Blocked, "its author asked to vanish"));
    }
    let newer =
        |at: i64, other: &str| at > event.created_at || (at == event.created_at && other < id.as_str());
    if known.latest.iter().any(|(a, at, other)| Some(a) == address.as_ref() && newer(*at, other)) {
        return Some(frames::refused(&event.id, Reason::Duplicate, "a newer version is here"));
    }
    None
}

/// Checks ids and signatures on all cores. Those that fail are answered.
async fn verify_all(batch: Vec<Held<Unverified<'_>>>) -> Vec<Held<Event>> {
    let check = |Held { event, from }: Held<Unverified<'_>>| {
        let id = event.id;
        match event.verify() {
            Ok(event) => Some(Held { event, from }),
            Err(error) => {
                metrics::counter!("nostr_relay_events_refused", "reason" => "signature").increment(1);
                from.forged();
                from.send(frames::refused(&id, Reason::Invalid, &error.to_string()));
                None
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores == 1 || batch.len() < 16 {
        return batch.into_iter().filter_map(check).collect();
    }
    let share = batch.len().div_ceil(cores);
    let mut shares: Vec<Vec<Held<Unverified<'_>>>> = Vec::with_capacity(cores);
    let mut rest = batch.into_iter().peekable();
    while rest.peek().is_some() {
        shares.push(rest.by_ref().take(share).collect());
    }
    // Scoped threads may borrow; the runtime's other work goes on, since this one thread is given up for blocking.
    let work = || {
        std::thread::scope(|scope| {
            let threads: Vec<_> = shares
                .into_iter()
                .map(|s| scope.spawn(move || s.into_iter().filter_map(check).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().filter_map(|t| t.join().ok()).flatten().collect()
        })
    };
    match tokio::runtime::Handle::current().runtime_flavor() {
        tokio::runtime::RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}

/// The changes that store an event and carry out what it asks of the relay (NIP-09, NIP-62).
pub(crate) fn store_changes(hub: &Hub, event: &Event, pending: i64, relay_url: &str) -> Vec<Change> {
    changes_for(event, hub.ids().next().0, pending, relay_url)
}

fn changes_for(event: &Event, seq: i64, pending: i64, relay_url: &str) -> Vec<Change> {
    let (id, pubkey, address) = (event.id.to_string(), event.pubkey.to_string(), event.address());
    let recipient = event.wrap_recipient().map(|p| p.to_string());
    let mut changes = Vec::new();
    if event.kind == kind::DELETION {
        let ids: Vec<String> =
            event.tags.values("e").filter(|id| crate::event::is_hex32(id)).map(str::to_owned).collect();
        // An address names its author; only one's own can be deleted.
        let own = |a: &&str| a.split(':').nth(1) == Some(pubkey.as_str());
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
