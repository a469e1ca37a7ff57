//! When members' logs are read: soon after something was written, by them or to them, here or in their own app, and now and
//! then otherwise.

use super::{
    look::{Patience, look},
    service::Failed,
};
use crate::{network::AtProto, reader::Backoff};
use landbridge_hub::{EventKind, Hub, HubError, Stop};
use landbridge_model::Id;
use landbridge_store::entities::atproto_repos;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::broadcast::error::RecvError, task::JoinSet, time::Instant};

/// Between two looks of somebody who talks, and how long that lasts after a message.
const QUICK: Duration = Duration::from_secs(3);
const TALK: Duration = Duration::from_secs(300);
/// Between two looks of everybody else.
const SLOW: Duration = Duration::from_secs(60);
/// Members of whom logs are read at once.
const AT_ONCE: usize = 8;
/// How often it is looked who is a member.
const MEMBERS: Duration = Duration::from_secs(15);
const PAGE: i64 = 500;
/// Looks that get stuck before what they get stuck at is passed over: half an hour, by the back-off.
const PATIENT: u32 = 12;

#[derive(Default)]
struct Turn {
    due: Option<Instant>,
    talks_until: Option<Instant>,
    backoff: Backoff,
    /// Looks in a row that got stuck.
    stuck: u32,
    under_way: bool,
}

type Done = (Id, Result<bool, Failed>);

pub async fn run(at: Arc<AtProto>, hub: Hub, mut stop: Stop) {
    if at.options.chat.is_none() {
        return;
    }
    let mut bus = hub.bus().listen();
    let mut turns: HashMap<Id, Turn> = HashMap::new();
    let mut running: JoinSet<Done> = JoinSet::new();
    let mut listed: Option<Instant> = None;
    while !*stop.borrow() {
        let now = Instant::now();
        if listed.is_none_or(|at| now >= at + MEMBERS) {
            match members(&hub).await {
                Ok(members) => keep(&mut turns, members, listed.is_none(), now),
                Err(error) => tracing::warn!(%error, "who has messages read could not be looked up"),
            }
            listed = Some(now);
        }
        for member in at.chats.take_stirred() {
            if let Some(turn) = turns.get_mut(&member) {
                turn.talks_until = Some(now + TALK);
                turn.due = turn.due.map(|due| due.min(now + QUICK));
            }
        }
        start(&at, &mut turns, &mut running, now);
        let next = turns.values().filter(|turn| !turn.under_way).filter_map(|turn| turn.due).min();
        let next = match running.len() < AT_ONCE {
            true => next.map_or(now + MEMBERS, |next| next.min(now + MEMBERS)),
            false => now + MEMBERS,
        };
        tokio::select! {
            Some(done) = running.join_next(), if !running.is_empty() => {
                match done {
                    Ok((member, done)) => finish(&mut turns, member, done),
                    // A look that panicked does not say whose it was; to look twice does no harm.
                    Err(_) => turns.values_mut().for_each(|turn| turn.under_way = false),
                }
            }
            event = bus.recv() => match event {
                Ok(event) if matches!(event.kind, EventKind::Message(_)) => {
                    event.members.into_iter().for_each(|member| at.chats.stir(member));
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            () = at.chats.bell.notified() => {}
            () = tokio::time::sleep_until(next) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Begins what is due, as far as there is room.
fn start(at: &Arc<AtProto>, turns: &mut HashMap<Id, Turn>, running: &mut JoinSet<Done>, now: Instant) {
    let mut due: Vec<(Instant, Id)> = turns
        .iter()
        .filter(|(_, turn)| !turn.under_way)
        .filter_map(|(member, turn)| Some((turn.due.filter(|due| *due <= now)?, *member)))
        .collect();
    due.sort_unstable();
    for (_, member) in due.into_iter().take(AT_ONCE.saturating_sub(running.len())) {
        let Some(turn) = turns.get_mut(&member) else { continue };
        turn.under_way = true;
        let patience = if turn.stuck < PATIENT { Patience::Waits } else { Patience::Ended };
        let at = at.clone();
        running.spawn(async move { (member, look(&at, member, patience).await) });
    }
}

fn finish(turns: &mut HashMap<Id, Turn>, member: Id, done: Result<bool, Failed>) {
    let Some(turn) = turns.get_mut(&member) else { return };
    let now = Instant::now();
    turn.under_way = false;
    let wait = match done {
        Ok(news) => {
            turn.backoff.succeeded();
            turn.stuck = 0;
            if news {
                turn.talks_until = Some(now + TALK);
            }
            if turn.talks_until.is_some_and(|until| until > now) { QUICK } else { SLOW }
        }
        Err(failed) => {
            tracing::info!(%member, why = %failed, "a member's messages could not be read");
            let asked = match failed {
                Failed::Later { after, .. } => after.unwrap_or_default(),
                // Only this has an end: a service that is away loses nothing.
                Failed::Stuck(_) => {
                    turn.stuck = turn.stuck.saturating_add(1);
                    Duration::ZERO
                }
                Failed::Refused { .. } | Failed::Lost(_) => Duration::ZERO,
            };
            turn.backoff.failed().max(asked.min(SLOW * 60))
        }
    };
    turn.due = Some(now + wait);
}

/// Those who are members now. After a start they are looked after one after another; whoever is new later at once, and often
/// in the beginning.
fn keep(turns: &mut HashMap<Id, Turn>, members: HashSet<Id>, at_start: bool, now: Instant) {
    turns.retain(|member, _| members.contains(member));
    let (count, mut place) = (members.len().max(1) as u32, 0);
    for member in members {
        turns.entry(member).or_insert_with(|| {
            let due = if at_start { now + SLOW * place / count } else { now };
            place += 1;
            let talks_until = (!at_start).then_some(now + TALK);
            Turn { due: Some(due), talks_until, ..Turn::default() }
        });
    }
}

async fn members(hub: &Hub) -> Result<HashSet<Id>, HubError> {
    let (mut found, mut after) = (HashSet::new(), Id(0));
    loop {
        let rows = hub.store().rows(atproto_repos::list(after, PAGE)).await?;
        let full = rows.len() as i64 == PAGE;
        for mut row in rows {
            let repo = atproto_repos::RepoRow::read(&mut row)?;
            after = repo.actor;
            if repo.state.is_empty() {
                found.insert(repo.actor);
            }
        }
        if !full {
            return Ok(found);
        }
    }
}
