//! One relay, asked and listened to as long as there is a plan for it: first what was missed, page by page, then what
//! comes. Where we stand is noted only when everything before it was taken in. A new plan takes the place of the old one
//! once that was told all; plans may change faster than a relay answers.

use super::{
    answers,
    plan::{self, Plan},
};
use crate::{
    event::{Event, Hex32, Limits, kind},
    facts::Facts,
    inbound, keys,
    network::Nostr,
    pool::{Backoff, PoolError, Told},
    posting, private,
    wire::Filter,
};
use landbridge_hub::{Hub, Via};
use landbridge_model::{Network, Time};
use landbridge_store::{
    StoreError,
    entities::{cursors, nostr_events},
};
use std::{collections::HashSet, pin::pin, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet, time::Instant};

/// Seconds asked for again after a pause: clocks differ, and relays pass things on late.
const OVERLAP: i64 = 15 * 60;
/// Seconds asked back for when a relay is new.
const FIRST: i64 = 24 * 3_600;
/// Seconds within which a member's own event, found on a write relay, counts as done now.
const FRESH: i64 = 300;
/// Where we stand is noted this often.
const NOTE: Duration = Duration::from_secs(30);
/// How often a relay is asked for answers to what members wrote that do not name the member.
const ANSWERS: Duration = Duration::from_secs(300);
/// What a relay refuses, while it answers the rest, is asked for again after this.
const AGAIN: Duration = Duration::from_secs(3_600);
/// A relay that was read for so long works; one that ends sooner is left alone for longer each time.
const STEADY: Duration = Duration::from_secs(60);
/// A relay that has not told all that is stored after so long never says that it has.
const TELLING: Duration = Duration::from_secs(60);
/// Events asked for at once; and as many pages of them at most after a long absence.
const PAGE: u32 = 500;
const PAGES: usize = 200;
/// No relay gives fewer than so many if it has more.
const UNCAPPED: usize = 20;

/// Why reading a relay came to an end that is no failure.
enum Ended {
    /// Something could not be taken in: it is asked for again from where we stood.
    Incomplete,
    /// The plan is a new one, or what was refused of it is to be asked for again.
    Replanned,
}

pub async fn watch(nostr: Arc<Nostr>, hub: Hub, url: String, plan: watch::Receiver<Plan>) {
    let mut backoff = Backoff::default();
    let mut plans = plan.clone();
    let reader = Arc::new(Reader { nostr, hub, url, plan });
    let url = &reader.url;
    loop {
        let begun = Instant::now();
        let ended = reader.read(&mut plans).await;
        if begun.elapsed() > STEADY && !matches!(ended, Err(PoolError::Timeout)) {
            backoff.succeeded();
        }
        let mut unwelcome = false;
        let pause = match ended {
            Ok(Ended::Replanned) => continue,
            Ok(Ended::Incomplete) => backoff.failed(),
            Err(PoolError::Refused(why)) => {
                // It will not be allowed tomorrow either; the plan may change.
                return tracing::debug!(%url, %why, "a relay that we may not connect to");
            }
            Err(PoolError::AuthRequired(why) | PoolError::Closed(why)) if is_final(&why) => {
                tracing::info!(%url, %why, "a relay does not let us read");
                unwelcome = true;
                backoff.unwelcome()
            }
            Err(error) => {
                tracing::debug!(%url, %error, "a relay cannot be read");
                backoff.failed()
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // It may welcome those for whom we ask now.
            Ok(()) = plans.changed(), if unwelcome => {}
        }
    }
}

/// Reasons (NIP-01, NIP-42) that do not pass by themselves.
fn is_final(why: &str) -> bool {
    let prefix = why.split(':').next().unwrap_or_default();
    matches!(
        prefix,
        "auth-required" | "restricted" | "blocked" | "unsupported" | "invalid" | "mute" | "payment-required"
    )
}

struct Reader {
    nostr: Arc<Nostr>,
    hub: Hub,
    url: String,
    /// Today's; it may be newer than the one that is being asked by.
    plan: watch::Receiver<Plan>,
}

impl Reader {
    /// Reads by the newest of the plans until something ends it.
    async fn read(self: &Arc<Self>, plans: &mut watch::Receiver<Plan>) -> Result<Ended, PoolError> {
        let plan = plans.borrow_and_update().clone();
        let begun = Time::now().secs();
        let since = self.stand().await.map_or(begun - FIRST, |at| at - OVERLAP);
        let (mut complete, mut introduced) = (true, false);
        // Some relays do not know every kind of filter, or answer some only to whom they know: those are left out.
        let (mut filters, mut refused) = (Vec::new(), None);
        for (missed, live) in plan.filters(since).into_iter().zip(plan.filters(begun - OVERLAP)) {
            match self.ask(missed, &mut introduced).await {
                Ok(all) => complete &= all,
                Err(why @ (PoolError::Closed(_) | PoolError::AuthRequired(_))) => {
                    tracing::debug!(url = %self.url, %why, "a relay does not answer all that is asked");
                    refused = Some(why);
                    continue;
                }
                Err(error) => return Err(error),
            }
            filters.push(live);
        }
        match &refused {
            Some(why) if filters.is_empty() => return Err(why.clone()),
            // What fails is asked for again from where we stood.
            _ if !complete => return Ok(Ended::Incomplete),
            _ => {}
        }
        let requests = plan::requests(&filters);
        let mut subscription = self.nostr.pool.subscribe_to_all(&self.url, requests).await?;
        let mut again = pin!(tokio::time::sleep(AGAIN));
        let mut told_all = pin!(tokio::time::sleep(TELLING));
        let mut up_to_date = false;
        let mut noted = tokio::time::interval(NOTE);
        let mut asked = tokio::time::interval(ANSWERS);
        // Beside the subscription, which must not be kept waiting: both use one connection.
        let mut beside = JoinSet::new();
        let mut answered = since;
        loop {
            tokio::select! {
                told = subscription.next() => match told.ok_or(PoolError::Broken)? {
                    Told::Event(json) => complete &= self.hear(&filters, &json).await,
                    Told::UpToDate => {
                        up_to_date = true;
                        if complete {
                            self.note(begun).await;
                        }
                    }
                    Told::Closed(why) => {
                        tracing::info!(url = %self.url, %why, "a relay ended our subscription");
                        if why.starts_with("auth-required:") && !introduced && self.introduce().await {
                            return Err(PoolError::Broken);
                        }
                        return Err(PoolError::Closed(why));
                    }
                },
                _ = noted.tick(), if up_to_date => {
                    if !complete {
                        return Ok(Ended::Incomplete);
                    }
                    self.note(Time::now().secs()).await;
                }
                _ = asked.tick(), if up_to_date && beside.is_empty() => {
                    let (reader, from) = (self.clone(), answered);
                    answered = Time::now().secs() - OVERLAP;
                    beside.spawn(async move { reader.ask_answers(from).await });
                }
                () = &mut told_all, if !up_to_date => return Err(PoolError::Timeout),
                Ok(()) = plans.changed(), if up_to_date => return Ok(Ended::Replanned),
                () = &mut again, if up_to_date && refused.is_some() => return Ok(Ended::Replanned),
                Some(done) = beside.join_next() => complete &= matches!(done, Ok(Ok(true))),
            }
        }
    }

    /// Asks for answers, quotes and reactions that do not name a member.
    async fn ask_answers(&self, since: i64) -> Result<bool, PoolError> {
        let (mut complete, mut introduced) = (true, false);
        let plan = self.plan.borrow().clone();
        let filters = match answers::filters(&self.nostr, &plan, since).await {
            Ok(filters) => filters,
            Err(error) => {
                tracing::warn!(%error, "members' posts could not be read");
                return Ok(true);
            }
        };
        for filter in filters {
            match self.ask(filter, &mut introduced).await {
                Ok(all) => complete &= all,
                // Some relays do not index every letter.
                Err(error @ (PoolError::Closed(_) | PoolError::AuthRequired(_))) => {
                    tracing::debug!(url = %self.url, %error, "a relay does not tell of answers");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(complete)
    }

    /// Everything that a filter finds, however little the relay gives at once: newest first, page by page. Whether all of
    /// it was taken in. `introduced`: that was tried already, and what came of it holds for all that is asked there.
    async fn ask(&self, filter: Filter, introduced: &mut bool) -> Result<bool, PoolError> {
        let (mut complete, mut seen, mut dry) = (true, HashSet::new(), false);
        let mut wanted = filter.limit(PAGE);
        for _ in 0..PAGES {
            let mut page = match self.query(&wanted).await {
                Err(PoolError::AuthRequired(_))
                    if !std::mem::replace(introduced, true) && self.introduce().await =>
                {
                    self.query(&wanted).await?
                }
                other => other?,
            };
            let Some(oldest) = page.iter().map(|e| e.created_at).min() else { return Ok(complete) };
            let size = page.len();
            page.retain(|e| seen.insert(e.id));
            page.sort_by_key(|e| e.created_at);
            for event in &page {
                complete &= self.take(event).await;
            }
            if size < UNCAPPED || (dry && page.is_empty()) {
                return Ok(complete);
            }
            // The same second again, since the page may have ended in it; once more from before it.
            dry = page.is_empty();
            wanted = wanted.until(if dry { oldest - 1 } else { oldest });
        }
        tracing::info!(url = %self.url, "more was missed on a relay than is read again");
        Ok(complete)
    }

    async fn query(&self, wanted: &Filter) -> Result<Vec<Event>, PoolError> {
        self.nostr.pool.query(&self.url, std::slice::from_ref(wanted), PAGE as usize, None).await
    }

    /// Checks and takes in one event. Known ids cost no signature. `false`: it must be asked for again.
    async fn hear(&self, filters: &[Filter], json: &str) -> bool {
        let Ok(event) = Event::parse(json, &Limits::default()) else { return true };
        if self.nostr.seen.contains(&event.id) {
            return true;
        }
        let Ok(event) = event.verify() else {
            metrics::counter!("nostr_reader_forgeries").increment(1);
            return true;
        };
        // Relays say what they like.
        !filters.iter().any(|f| f.matches(&event)) || self.take(&event).await
    }

    async fn take(&self, event: &Event) -> bool {
        if self.nostr.seen.contains(&event.id) {
            return true;
        }
        self.nostr.note_author(event);
        let own = self.plan.borrow().own.contains(&event.pubkey);
        let done = match own {
            true => self.own(event).await,
            false => {
                let relay = Some(self.url.as_str());
                inbound::take_in(&self.nostr, &self.hub, event, Via::Delivered, relay).await
            }
        };
        match done {
            // Not noted before it is done, or a fault would lose it.
            Ok(()) => {
                self.nostr.note(event);
                true
            }
            Err(inbound::Later(why)) => {
                tracing::warn!(id = %event.id, %why, "an event will be asked for again");
                false
            }
        }
    }

    /// A member's own event from one of their write relays: kept on ours as well, and an act when it is fresh. What they
    /// have protected there (NIP-70) stays there; what is for servers is carried out all the same.
    async fn own(&self, event: &Event) -> Result<(), inbound::Later> {
        let stays = event.is_protected();
        if (stays && !kind::is_for_servers(event.kind)) || event.has_expired(Time::now().secs()) {
            return Ok(());
        }
        let later = |e: String| inbound::Later(e);
        let relay = self.nostr.relay().await.map_err(|e| later(e.to_string()))?;
        let Some(member) = relay.members().of(&event.pubkey) else { return Ok(()) };
        if !stays {
            relay.store_own(std::slice::from_ref(event)).await.map_err(|e| later(e.to_string()))?;
        }
        if !self.is_newest(event).await.map_err(|e| later(e.to_string()))? {
            return Ok(());
        }
        let learnt = match event.kind {
            kind::BLOCKED_RELAYS => Some(posting::learn_blocked(&self.hub, member, event).await),
            kind::DM_RELAYS => Some(private::relays::learn(&self.hub, member, event).await),
            _ => None,
        };
        if let Some(learnt) = learnt {
            return learnt.map_err(|e| later(e.to_string()));
        }
        match (Time::now().secs() - event.created_at).abs() <= FRESH {
            true => posting::act(&self.nostr, &self.hub, member, event).await,
            false => Ok(()),
        }
    }

    /// Whether there is no newer version of what has versions: relays still hold some that were replaced here, by our own too.
    /// What is not kept here is compared with what is.
    async fn is_newest(&self, event: &Event) -> Result<bool, StoreError> {
        let Some(address) = event.address() else { return Ok(true) };
        let Some(mut row) = self.hub.store().row(nostr_events::by_address(&address)).await? else {
            return Ok(event.is_protected());
        };
        let held = Event::from_stored(&row.get::<String>(0)?);
        Ok(held.is_ok_and(|held| held.id == event.id || (event.is_protected() && event.replaces(&held))))
    }

    /// Authenticates as those of the members concerned who have agreed to be known to this relay. Whether there were any.
    async fn introduce(&self) -> bool {
        let concerned: HashSet<Hex32> = {
            let plan = self.plan.borrow();
            plan.members.union(&plan.own).chain(&plan.wrapped).copied().collect()
        };
        let mut known = false;
        for key in concerned {
            let presence = self.hub.presence_by_native(Network::Nostr, &key.to_string()).await;
            let Ok(Some(presence)) = presence else { continue };
            // A list of relays for private messages says that their owner may be known there.
            let facts = Facts::of(&presence);
            if !facts.consented.contains(&self.url) && !facts.messages.contains(&self.url) {
                continue;
            }
            if let Ok(Some(keys)) = keys::held(&self.hub, presence.actor).await {
                known |= self.nostr.pool.authenticate(&self.url, &keys).await.is_ok();
            }
        }
        known
    }

    /// Where we stand with the relay, in seconds; `None`: never read.
    async fn stand(&self) -> Option<i64> {
        let place = self.hub.store().row(cursors::one(&name(&self.url))).await;
        place.ok().flatten()?.get::<String>(0).ok()?.parse().ok()
    }

    /// Everything up to that second was taken in.
    async fn note(&self, at: i64) {
        let change = cursors::put(&name(&self.url), &at.to_string(), Time::now());
        if let Err(error) = self.hub.store().write(change).await {
            tracing::warn!(%error, "where a relay was read to could not be noted");
        }
    }
}

fn name(url: &str) -> String {
    format!("nostr:{url}")
}
