//! Texts that came lately, as sketches: which are alike, and when so many are that they are a wave.

use super::sketch::Sketch;
use crate::gate::Scope;
use aws_lc_rs::hmac;
use landbridge_cache::Cache;
use landbridge_model::{Id, Time};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// First contacts of the same words that are a wave, when they go to so many members or come from so many strangers.
pub const FEWEST: usize = 8;
const MEMBERS: usize = 4;
const STRANGERS: usize = 8;
/// The same of what is said in public, where many say the same to one for good reasons: only to so many members.
const FEWEST_PUBLIC: usize = 32;
const MEMBERS_PUBLIC: usize = 8;
/// Texts that are remembered, and for how long.
const ROOM: u64 = 5_000;
const REMEMBERED: Duration = Duration::from_secs(7 * 86_400);
/// Waves at once: what comes beyond is held back by budgets alone.
const MOST: u64 = 200;
/// That a wave goes on is written down once in so long.
const TELL: Duration = Duration::from_secs(60);

/// Whom a text has reached.
pub type Reached = (Id, Id, Scope);

#[derive(Debug)]
struct Group {
    sketch: Sketch,
    count: u32,
    /// Before it was a wave: member, stranger, scope.
    early: Vec<Reached>,
    wave: Option<Id>,
    /// The operator has said that it is none.
    passed: bool,
    first: Time,
    told: Time,
}

/// What is known of a text that has come.
#[derive(Debug, Default, PartialEq)]
pub struct Seen {
    /// How many of the same words came before.
    pub alike: u32,
    pub wave: Option<Id>,
    /// With this one it has become a wave: to be written down, with whom it had reached before.
    pub begun: Option<(Sketch, Time, Vec<Reached>)>,
    /// The wave goes on, and that was not written down for a while.
    pub goes_on: bool,
}

pub(crate) struct Waves {
    key: hmac::Key,
    bands: Cache<(u8, u128), u64>,
    groups: Cache<u64, Arc<Mutex<Group>>>,
    next: AtomicU64,
    /// Those that are written down.
    waves: Cache<Id, u64>,
    /// Whether those of before the start were read.
    pub(super) loaded: tokio::sync::OnceCell<()>,
}

impl Waves {
    pub fn new(key: &[u8]) -> Waves {
        Waves {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            bands: Cache::idling(ROOM * 8, REMEMBERED),
            groups: Cache::idling(ROOM, REMEMBERED),
            next: AtomicU64::new(1),
            waves: Cache::living(MOST * 2, REMEMBERED),
            loaded: tokio::sync::OnceCell::new(),
        }
    }

    pub fn sketch(&self, text: &str) -> Option<Sketch> {
        Sketch::of(&self.key, text)
    }

    /// One more text has come. `ids`: gives the id of a wave.
    pub fn see(&self, sketch: Sketch, reached: Reached, now: Time, ids: impl FnOnce() -> Id) -> Seen {
        let found = self.place_of(&sketch).and_then(|place| Some((place, self.groups.get(&place)?)));
        let Some((place, group)) = found else {
            self.remember(Group {
                sketch,
                count: 1,
                early: vec![reached],
                wave: None,
                passed: false,
                first: now,
                told: now,
            });
            return Seen::default();
        };
        let mut group = lock(&group);
        let alike = group.count;
        group.count = group.count.saturating_add(1);
        if group.passed {
            return Seen::default();
        }
        if group.wave.is_some() {
            let goes_on = group.told.plus(TELL) <= now;
            if goes_on {
                group.told = now;
            }
            return Seen { alike, wave: group.wave, begun: None, goes_on };
        }
        let public = reached.2 == Scope::Public;
        if group.early.len() < if public { FEWEST_PUBLIC * 2 } else { FEWEST * 2 } {
            group.early.push(reached);
        }
        let members = group.early.iter().map(|(member, ..)| member).collect::<BTreeSet<_>>().len();
        let strangers = group.early.iter().map(|(_, stranger, _)| stranger).collect::<BTreeSet<_>>().len();
        let many = match public {
            true => group.early.len() >= FEWEST_PUBLIC && members >= MEMBERS_PUBLIC,
            false => group.early.len() >= FEWEST && (members >= MEMBERS || strangers >= STRANGERS),
        };
        if !many || self.waves.count() >= MOST {
            return Seen { alike, ..Seen::default() };
        }
        let id = ids();
        (group.wave, group.told) = (Some(id), now);
        let begun = Some((group.sketch, group.first, std::mem::take(&mut group.early)));
        self.waves.insert(id, place);
        Seen { alike, wave: Some(id), begun, goes_on: false }
    }

    /// A wave as it was written down, here or by somebody else.
    pub fn learn(&self, id: Id, sketch: Sketch, passed: bool, now: Time) {
        if let Some(place) = self.waves.get(&id)
            && let Some(group) = self.groups.get(&place)
        {
            lock(&group).passed = passed;
            return;
        }
        let group = Group {
            sketch,
            count: u32::try_from(FEWEST).unwrap_or(0),
            early: Vec::new(),
            wave: Some(id),
            passed,
            first: now,
            told: now,
        };
        self.waves.insert(id, self.remember(group));
    }

    pub fn entries(&self) -> u64 {
        self.bands.count() + self.groups.count()
    }

    fn remember(&self, group: Group) -> u64 {
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        for band in group.sketch.bands() {
            self.bands.insert(band, place);
        }
        self.groups.insert(place, Arc::new(Mutex::new(group)));
        place
    }

    fn place_of(&self, sketch: &Sketch) -> Option<u64> {
        let near =
            |place: &u64| self.groups.get(place).is_some_and(|group| lock(&group).sketch.is_like(sketch));
        sketch.bands().filter_map(|band| self.bands.get(&band)).find(near)
    }
}

fn lock(group: &Mutex<Group>) -> MutexGuard<'_, Group> {
    group.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str =
        "Dear friend, a wonderful offer of cheap coins waits for you on my page, be quick and have it all";
    const NOW: Time = Time(1_800_000_000_000);

    fn reached(member: i64, stranger: i64) -> Reached {
        (Id(member), Id(stranger), Scope::Private)
    }

    #[test]
    fn eight_to_four_are_a_wave() {
        let waves = Waves::new(&[7; 32]);
        let sketch = waves.sketch(OFFER).unwrap();
        for n in 0..7 {
            let seen = waves.see(sketch, reached(n % 4, 100), NOW, || Id(1));
            assert_eq!((seen.alike, seen.wave), (n as u32, None));
        }
        let seen = waves.see(sketch, reached(9, 100), NOW, || Id(1));
        assert_eq!((seen.wave, seen.begun.map(|begun| begun.2.len())), (Some(Id(1)), Some(8)));
        let more = waves.see(sketch, reached(10, 101), NOW, || Id(2));
        assert_eq!((more.wave, more.begun, more.goes_on), (Some(Id(1)), None, false));
        assert!(waves.see(sketch, reached(10, 102), NOW.plus(TELL), || Id(2)).goes_on);
    }

    #[test]
    fn a_talk_with_one_member_is_none() {
        let waves = Waves::new(&[7; 32]);
        let sketch = waves.sketch(OFFER).unwrap();
        let seen = (0..100).map(|_| waves.see(sketch, reached(1, 100), NOW, || Id(1)));
        assert!(seen.last().unwrap().wave.is_none());
    }

    #[test]
    fn what_the_operator_lets_pass_is_none() {
        let waves = Waves::new(&[7; 32]);
        let sketch = waves.sketch(OFFER).unwrap();
        waves.learn(Id(5), sketch, false, NOW);
        assert_eq!(waves.see(sketch, reached(1, 1), NOW, || Id(6)).wave, Some(Id(5)));
        waves.learn(Id(5), sketch, true, NOW);
        assert_eq!(waves.see(sketch, reached(1, 2), NOW, || Id(6)), Seen::default());
    }

    #[test]
    fn memory_is_bounded() {
        let waves = Waves::new(&[7; 32]);
        for n in 0..20_000_u32 {
            let numbers: Vec<u8> = (0..32_u32).flat_map(|i| (n * 32 + i).to_be_bytes()).collect();
            waves.see(Sketch::read(&numbers).unwrap(), reached(1, i64::from(n)), NOW, || Id(1));
        }
        assert!(waves.entries() <= ROOM * 9);
    }
}
