//! Stored events for a request, and how many there are (NIP-01, NIP-45).

use super::{
    Shared,
    gate::{NAMES, says_something},
};
use crate::{
    event::{Event, Hex32},
    wire::Filter,
};
use landbridge_hub::HubError;
use landbridge_model::Time;
use landbridge_store::{
    Row, StoreError,
    entities::nostr_events::{self, Wanted},
};
use std::collections::HashSet;

/// COUNT stops here.
const MOST_COUNTED: i64 = 100_000;

/// Bytes of one answer: it ends there as at a limit, and is asked for further back (NIP-01's `until`).
const MOST_BYTES: usize = 2 << 20;

/// How often an answer is filled up, when the gate leaves something out.
const ROUNDS: usize = 8;

/// The stored answer to a request.
pub struct Stored {
    /// JSON, newest first (ties by id), each once.
    pub events: Vec<String>,
    /// It is as of the end of this turn: see [`nostr_events::turn`].
    pub turn: i64,
}

impl Shared {
    /// Events that any of the filters wants, each filter to its own limit, all from one snapshot. `readers`: keys whose
    /// gift wraps may be shown.
    pub(crate) async fn stored(&self, filters: &[Filter], readers: &[Hex32]) -> Result<Stored, StoreError> {
        let limit = |f: &Filter| f.limit.unwrap_or(self.limits.default_limit).min(self.limits.max_limit);
        let mut queries = vec![nostr_events::turn()];
        // Limit and number of queries of each filter.
        let mut parts: Vec<(&Filter, usize, usize)> = Vec::with_capacity(filters.len());
        for filter in filters.iter().filter(|f| !f.is_empty() && limit(f) > 0) {
            let part = nostr_events::select(&wanted(filter, readers, limit(filter).into()));
            parts.push((filter, limit(filter) as usize, part.len()));
            queries.extend(part);
        }
        let mut answers = self.hub.store().all(queries).await?.into_iter();
        let turn = match answers.next().and_then(|mut rows| rows.pop()) {
            Some(mut row) => row.get(0)?,
            None => 0,
        };
        let mut found: Vec<Found> = Vec::new();
        for (filter, limit, queries) in &parts {
            let mut own = Vec::new();
            for row in answers.by_ref().take(*queries).flatten() {
                own.push(Found::read(row)?);
            }
            if *queries > 1 {
                newest_first(&mut own);
            }
            own.truncate(*limit);
            found.extend(self.let_through(filter, readers, *limit, own).await?);
        }
        if parts.len() > 1 {
            newest_first(&mut found);
        }
        let mut bytes = 0;
        let events = found.into_iter().map(|one| one.json).take_while(|json| {
            bytes += json.len();
            bytes <= MOST_BYTES
        });
        Ok(Stored { events: events.collect(), turn })
    }

    /// What the gate lets through of an answer, filled up with what is older when something is left out: who floods a member
    /// does not hide what others wrote before.
    async fn let_through(
        &self,
        filter: &Filter,
        readers: &[Hex32],
        limit: usize,
        mut page: Vec<Found>,
    ) -> Result<Vec<Found>, StoreError> {
        let mut through = Vec::with_capacity(page.len());
        for _ in 0..ROUNDS {
            let (full, last) = (page.len() == limit, page.last().map(|one| one.at));
            let before = page.len();
            let mut kept = 0;
            for found in page {
                if self.may_show(filter, readers, &found).await? {
                    through.push(found);
                    kept += 1;
                }
            }
            let Some(last) = last.filter(|_| full && kept < before && through.len() < limit) else { break };
            let older = Filter { until: Some(last - 1), ..filter.clone() };
            page = self.newest(&older, readers, limit).await?;
        }
        through.truncate(limit);
        Ok(through)
    }

    /// Whether an answer to that filter may have an event.
    async fn may_show(&self, filter: &Filter, readers: &[Hex32], found: &Found) -> Result<bool, StoreError> {
        let by_member = |key: &Hex32| !names_people(filter) && self.members.all().contains_key(key);
        let own = |key: &Hex32| readers.contains(key) || by_member(key);
        if found.author.parse().is_ok_and(|key| own(&key)) {
            return Ok(true);
        }
        let Ok(event) = Event::from_stored(&found.json) else { return Ok(true) };
        match self.reach_of(&event).await {
            Ok(reach) => Ok(reach.shows(filter)),
            Err(HubError::Store(error)) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "an event is not shown: the gate could not be asked");
                Ok(false)
            }
        }
    }

    /// How many events there are that an answer could show.
    pub(crate) async fn count(&self, filters: &[Filter], readers: &[Hex32]) -> Result<Count, StoreError> {
        if let [filter] = filters {
            return self.count_one(filter, readers).await;
        }
        // Several filters may overlap: their events are counted one by one, to the limit of a request.
        let mut ids = HashSet::new();
        let mut approximate = false;
        for filter in filters.iter().filter(|f| !f.is_empty()) {
            let most = self.limits.max_limit as usize;
            let newest = self.newest(filter, readers, most).await?;
            approximate |= newest.len() >= most;
            for found in newest {
                if !ids.contains(&found.id) && self.may_show(filter, readers, &found).await? {
                    ids.insert(found.id);
                }
            }
        }
        Ok(Count { number: ids.len() as u64, approximate })
    }

    async fn count_one(&self, filter: &Filter, readers: &[Hex32]) -> Result<Count, StoreError> {
        if filter.is_empty() {
            return Ok(Count { number: 0, approximate: false });
        }
        let row = self.hub.store().row(nostr_events::count(&wanted(filter, readers, MOST_COUNTED))).await?;
        let number: i64 = row.map_or(Ok(0), |mut row| row.get(0))?;
        let number = number.unsigned_abs();
        let mut approximate = number >= MOST_COUNTED.unsigned_abs();
        if number == 0 || !self.may_be_gated(filter, readers) {
            return Ok(Count { number, approximate });
        }
        let newest = self.newest(filter, readers, self.limits.max_limit as usize).await?;
        approximate |= number > newest.len() as u64;
        let mut hidden = 0;
        for found in &newest {
            hidden += u64::from(!self.may_show(filter, readers, found).await?);
        }
        Ok(Count { number: number.saturating_sub(hidden), approximate })
    }

    /// Whether the gate could have a say about what a filter wants.
    fn may_be_gated(&self, filter: &Filter, readers: &[Hex32]) -> bool {
        let members = self.members.all();
        let own = |key: &Hex32| members.contains_key(key) || readers.contains(key);
        let by_members =
            !names_people(filter) && filter.authors.as_ref().is_some_and(|authors| authors.iter().all(own));
        let silent = filter.kinds.as_ref().is_some_and(|kinds| !kinds.iter().any(|k| says_something(*k)));
        !by_members && !silent
    }

    /// The newest that a filter wants, whatever the gate says.
    async fn newest(
        &self,
        filter: &Filter,
        readers: &[Hex32],
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        let queries = nostr_events::select(&wanted(filter, readers, limit as i64));
        let mut found = Vec::new();
        for row in self.hub.store().all(queries).await?.into_iter().flatten() {
            found.push(Found::read(row)?);
        }
        newest_first(&mut found);
        found.truncate(limit);
        Ok(found)
    }
}

fn names_people(filter: &Filter) -> bool {
    NAMES.iter().any(|letter| filter.tags.contains_key(letter))
}

/// The answer to COUNT (NIP-45).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub number: u64,
    /// There are more than were looked at.
    pub approximate: bool,
}

/// A stored event.
struct Found {
    at: i64,
    id: String,
    author: String,
    json: String,
}

impl Found {
    fn read(mut row: Row) -> Result<Found, StoreError> {
        Ok(Found { json: row.get(0)?, at: row.get(1)?, id: row.get(2)?, author: row.get(3)? })
    }
}

fn newest_first(events: &mut Vec<Found>) {
    events.sort_unstable_by(|a, b| b.at.cmp(&a.at).then_with(|| a.id.cmp(&b.id)));
    events.dedup_by(|a, b| a.id == b.id);
}

fn wanted(filter: &Filter, readers: &[Hex32], limit: i64) -> Wanted {
    let hex = |list: &Option<Vec<Hex32>>| list.as_ref().map(|l| l.iter().map(Hex32::to_string).collect());
    let mut tags: Vec<Vec<String>> = filter
        .tags
        .iter()
        // A text with NUL is in no index, and no engine can be asked for it.
        .map(|(letter, values)| {
            values.iter().filter(|v| !v.contains('\0')).map(|v| format!("{letter}{v}")).collect()
        })
        .collect();
    // The shortest list drives.
    tags.sort_by_key(Vec::len);
    Wanted {
        ids: hex(&filter.ids),
        authors: hex(&filter.authors),
        kinds: filter.kinds.as_ref().map(|k| k.iter().map(|k| i64::from(*k)).collect()),
        tags,
        since: filter.since.unwrap_or(0),
        until: filter.until.unwrap_or(i64::MAX),
        readers: readers.iter().map(Hex32::to_string).collect(),
        now: Time::now().secs(),
        limit,
    }
}
