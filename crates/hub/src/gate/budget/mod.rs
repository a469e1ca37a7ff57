//! Budgets of first contacts: how many strangers of one origin may ask at once, and in which order the others wait.
//!
//! Each first contact draws from four buckets: its sender's, its origin's with that very member, its origin's with all of
//! them, and, while nobody of that origin was ever let in, the member's for newcomers. What finds one empty is parked
//! ([`super::parking`]). Buckets of an origin grow with its standing: with grants, less declines, blocks and reports; a floor stays.
//! So a big host and a crowd of throw-away keys fill their own buckets, and nobody else's.
//!
//! The place of a parked contact is a moment: now, put back by what waits already of the same sender, of the same words, or
//! for the same member from the same origin. Who sends one message of their own passes by a thousand that are alike; and since
//! time goes on, nobody waits for ever.
//!
//! Nothing here is needed to be right: what is forgotten (at a restart, or for want of room) is a full bucket.

mod bucket;
mod origin;

pub use origin::{Carrier, Origin, host_of_origin};

use super::{Scope, waves::Waves};
use bucket::{Bucket, Rate};
use landbridge_cache::Cache;
use landbridge_model::{Id, Time};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// Of one stranger, with all members.
const SENDER: Rate = Rate::new(10.0, 20.0);
/// Of one origin, with one member.
const MEMBER: Rate = Rate::new(6.0, 24.0);
/// Of one origin, with all members.
const ORIGIN: Rate = Rate::new(60.0, 480.0);
/// Of all origins from which nobody was ever let in, with one member.
const NEWCOMERS: Rate = Rate::new(20.0, 72.0);
/// What is said in public costs its reader a glance and no answer, and a post may be popular: budgets for it are of their own,
/// and so many times as large.
const PUBLIC: f64 = 60.0;
/// Standing is never counted for less or more than that.
const LEAST: f64 = 0.25;
const MOST: f64 = 20.0;
/// How far each that waits already puts the next one back.
const STEP: Duration = Duration::from_secs(600);
/// The farthest.
const STEPS: u32 = 288;
/// What one stranger may send one member before there is any answer, in the time that is remembered; in public so many times
/// as much.
const AGAIN: u32 = 30;
const AGAIN_PUBLIC: u32 = 10;
/// Buckets, and answers that are remembered, at most. The least used go first.
const ROOM: u64 = 50_000;
/// A bucket that nobody has asked for so long is full.
const IDLE: Duration = Duration::from_secs(86_400);
const REMEMBERED: Duration = Duration::from_secs(86_400);
const STANDING: Duration = Duration::from_secs(300);

/// Grants and refusals of an origin, as they count today.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    pub grants: f64,
    pub refusals: f64,
}

impl Standing {
    /// By how much budgets grow or shrink.
    pub fn weight(self) -> f64 {
        ((1.0 + self.grants.max(0.0)) / (1.0 + self.refusals.max(0.0) / 2.0)).clamp(LEAST, MOST)
    }

    /// Whether nobody of it was ever let in.
    pub fn is_new(self) -> bool {
        self.grants < 0.5
    }
}

/// A first contact that asks.
pub(super) struct Knock<'a> {
    pub member: Id,
    pub stranger: Id,
    pub scope: Scope,
    pub origin: &'a Origin,
    pub standing: Standing,
    /// Of the thing itself: asking twice about one costs once.
    pub item: u64,
    /// How many of the same words have come before, and the wave that they are by now.
    pub alike: u32,
    pub wave: Option<Id>,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Within its budget.
    Now,
    /// To be parked, until its turn comes.
    Later(Time),
}

/// What was told to whom asked a moment ago.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub turn: Turn,
    pub origin: Origin,
    pub wave: Option<Id>,
    item: u64,
    asked: u32,
}

type Key = (Id, Id, Scope);
type Shared = Arc<Mutex<Bucket>>;

/// Whose bucket it is.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Of {
    Sender(Id),
    Member(Id, Origin),
    Origin(Origin),
    Newcomers(Id),
}

/// The state of all budgets. Bounded, whatever comes.
pub(crate) struct Budgets {
    /// Whether it is for what is said in public, too.
    buckets: Cache<(Of, bool), Shared>,
    told: Cache<Key, Told>,
    /// How many wait, for the place of the next: of a sender, and for a member from an origin.
    waiting: Cache<Of, u32>,
    pub(super) standings: Cache<Origin, Standing>,
    /// How many are parked, by origin: read now and then.
    pub(super) parked: Cache<Origin, i64>,
    pub(super) waves: Waves,
    /// The origin at which the last round of admissions ended.
    place: Mutex<String>,
    /// Milliseconds that simulations have let pass.
    passed: AtomicI64,
    /// Held by what a stranger's first contact has written: so many at once, whatever comes.
    pub(crate) strangers: tokio::sync::Semaphore,
}

/// Writes for strangers at once.
const AT_ONCE: usize = 2;

impl Budgets {
    /// `key`: 32 secret bytes for sketches.
    pub fn new(key: &[u8]) -> Budgets {
        Budgets {
            buckets: Cache::idling(ROOM, IDLE),
            told: Cache::living(ROOM, REMEMBERED),
            waiting: Cache::living(ROOM, IDLE),
            place: Mutex::default(),
            standings: Cache::living(ROOM / 10, STANDING),
            parked: Cache::living(ROOM / 10, STANDING / 5),
            waves: Waves::new(key),
            passed: AtomicI64::new(0),
            strangers: tokio::sync::Semaphore::new(AT_ONCE),
        }
    }

    /// The clock that budgets go by.
    pub fn now(&self) -> Time {
        Time(Time::now().0.saturating_add(self.passed.load(Ordering::Relaxed)))
    }

    pub(super) fn pass(&self, time: Duration) {
        self.passed.fetch_add(i64::try_from(time.as_millis()).unwrap_or(0), Ordering::Relaxed);
    }

    /// What was told a moment ago.
    pub(crate) fn told(&self, member: Id, stranger: Id, scope: Scope) -> Option<Told> {
        self.told.get(&(member, stranger, scope))
    }

    /// Those who were told a moment ago belong to a wave by now.
    pub(super) fn joined(&self, wave: Id, reached: &[Key]) {
        for key in reached {
            if let Some(told) = self.told.get(key) {
                self.told.insert(*key, Told { wave: Some(wave), ..told });
            }
        }
    }

    /// One that was told to wait has had its turn.
    pub(super) fn admitted(&self, key: Key) {
        if let Some(told) = self.told.get(&key) {
            self.told.insert(key, Told { turn: Turn::Now, asked: 1, ..told });
        }
    }

    /// Somebody was answered: what that says of their origin counts at once.
    pub(crate) fn answered(&self) {
        self.standings.clear();
    }

    /// The same thing again, or one more of who was let through a moment ago.
    pub(super) fn told_before(&self, key: Key, item: u64) -> Option<Turn> {
        let mut told = self.told.get(&key)?;
        if told.item == item {
            return Some(told.turn);
        }
        told.item = item;
        told.asked += 1;
        let most = if key.2 == Scope::Public { AGAIN * AGAIN_PUBLIC } else { AGAIN };
        if told.asked > most {
            told.turn = Turn::Later(self.now());
        }
        let turn = told.turn;
        self.told.insert(key, told);
        Some(turn)
    }

    /// Takes from all four buckets, or says when its turn is. Of several that ask at once for one contact, one does.
    pub(super) fn ask(&self, knock: Knock<'_>) -> Turn {
        let Knock { member, stranger, scope, origin, wave, item, .. } = knock;
        let decide = || {
            let within = wave.is_none() && self.take(member, stranger, scope, origin, knock.standing);
            let turn = if within { Turn::Now } else { Turn::Later(self.place(&knock)) };
            Told { turn, origin: origin.clone(), wave, item, asked: 1 }
        };
        self.told.get_with(&(member, stranger, scope), decide).turn
    }

    /// Takes one from each bucket, or none from any.
    pub(super) fn take(
        &self,
        member: Id,
        stranger: Id,
        scope: Scope,
        origin: &Origin,
        standing: Standing,
    ) -> bool {
        let now = self.now();
        let room = if scope == Scope::Public { PUBLIC } else { 1.0 };
        let weight = room * if origin.is_lane() { MOST / 4.0 } else { standing.weight() };
        let mut asked = vec![
            (Of::Sender(stranger), SENDER.times(room)),
            (Of::Member(member, origin.clone()), MEMBER.times(weight)),
            (Of::Origin(origin.clone()), ORIGIN.times(weight)),
        ];
        if standing.is_new() && !origin.is_lane() {
            asked.push((Of::Newcomers(member), NEWCOMERS.times(room)));
        }
        let mut taken: Vec<Shared> = Vec::with_capacity(asked.len());
        for (of, rate) in asked {
            let bucket = self.buckets.get_with(&(of, scope == Scope::Public), Arc::default);
            if !bucket.lock().unwrap_or_else(PoisonError::into_inner).has_one(rate, now) {
                return false;
            }
            taken.push(bucket);
        }
        // Two at once may both find the last one: a token more or less.
        taken.iter().for_each(|bucket| bucket.lock().unwrap_or_else(PoisonError::into_inner).take());
        true
    }

    fn place(&self, knock: &Knock<'_>) -> Time {
        let of_sender = self.wait(Of::Sender(knock.stranger));
        // What is alike must not put back what is not.
        let before = match knock.alike {
            0..=1 => of_sender.max(self.wait(Of::Member(knock.member, knock.origin.clone()))),
            alike => of_sender.max(alike),
        };
        let step = if knock.scope == Scope::Public { STEP.div_f64(PUBLIC) } else { STEP };
        self.now().plus(step * before.min(STEPS))
    }

    pub(super) fn place_in_round(&self) -> String {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_place_in_round(&self, origin: String) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = origin;
    }

    /// One more waits; how many did before.
    fn wait(&self, of: Of) -> u32 {
        let before = self.waiting.get(&of).unwrap_or(0);
        self.waiting.insert(of, before.saturating_add(1));
        before
    }

    /// Entries that are remembered: what the memory of budgets grows with.
    pub(super) fn entries(&self) -> u64 {
        self.buckets.count() + self.told.count() + self.waiting.count() + self.waves.entries()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(name: &str) -> Origin {
        Origin::stored(name)
    }

    fn knock<'a>(origin: &'a Origin, member: i64, stranger: i64) -> Knock<'a> {
        Knock {
            member: Id(member),
            stranger: Id(stranger),
            scope: Scope::Private,
            origin,
            standing: Standing::default(),
            item: stranger as u64,
            alike: 0,
            wave: None,
        }
    }

    fn through(budgets: &Budgets, knocks: impl Iterator<Item = (i64, i64)>, origin: &Origin) -> usize {
        knocks
            .filter(|(member, stranger)| budgets.ask(knock(origin, *member, *stranger)) == Turn::Now)
            .count()
    }

    #[test]
    fn a_flood_fills_its_own_bucket() {
        let budgets = Budgets::new(&[7; 32]);
        let (big, small) = (host("host:big.example"), host("host:small.example"));
        assert_eq!(through(&budgets, (0..1000).map(|n| (1, 100 + n)), &big), 6);
        assert_eq!(through(&budgets, [(1, 5000)].into_iter(), &small), 1, "another origin");
        assert_eq!(through(&budgets, [(2, 5001)].into_iter(), &big), 1, "another member");
        // With all members together.
        let more = (0..50).flat_map(|m| (0..6).map(move |n| (10 + m, 10_000 + m * 10 + n)));
        assert_eq!(through(&budgets, more, &big), 60 - 7);
    }

    #[test]
    fn what_is_public_has_a_wider_door_of_its_own() {
        let budgets = Budgets::new(&[7; 32]);
        let origin = host("host:big.example");
        let public = |stranger| Knock { scope: Scope::Public, ..knock(&origin, 1, stranger) };
        let asked = (0..1000).map(|n| budgets.ask(public(100 + n)));
        assert_eq!(asked.filter(|turn| *turn == Turn::Now).count(), 360);
        assert_eq!(budgets.ask(knock(&origin, 1, 5000)), Turn::Now, "a private one is not kept out by it");
    }

    #[test]
    fn one_sender_reaches_ten() {
        let budgets = Budgets::new(&[7; 32]);
        let origin = host("host:a.example");
        assert_eq!(through(&budgets, (0..50).map(|member| (member, 7)), &origin), 10);
    }

    #[test]
    fn many_new_origins_are_one_crowd() {
        let budgets = Budgets::new(&[7; 32]);
        let known = Standing { grants: 1.0, refusals: 0.0 };
        for n in 0..100 {
            let origin = host(&format!("host:{n}.example"));
            budgets.ask(knock(&origin, 1, 100 + n));
        }
        let (new, old) = (host("host:new.example"), host("host:old.example"));
        assert!(matches!(budgets.ask(knock(&new, 1, 900)), Turn::Later(_)));
        assert_eq!(budgets.ask(Knock { standing: known, ..knock(&old, 1, 901) }), Turn::Now);
    }

    #[test]
    fn standing_grows_and_shrinks_to_a_floor() {
        let weight = |grants, refusals| Standing { grants, refusals }.weight();
        assert!((weight(0.0, 0.0) - 1.0).abs() < 1e-9);
        assert!(weight(5.0, 0.0) > weight(1.0, 0.0) && weight(1.0, 0.0) > weight(1.0, 3.0));
        assert!((weight(0.0, 1e6) - LEAST).abs() < 1e-9 && (weight(1e6, 0.0) - MOST).abs() < 1e-9);
        let budgets = Budgets::new(&[7; 32]);
        let origin = host("host:a.example");
        let standing = Standing { grants: 3.0, refusals: 0.0 };
        let asked = (0..100).map(|n| budgets.ask(Knock { standing, ..knock(&origin, 1, 100 + n) }));
        assert_eq!(asked.filter(|turn| *turn == Turn::Now).count(), 24);
    }

    #[test]
    fn who_has_words_of_their_own_goes_first() {
        let budgets = Budgets::new(&[7; 32]);
        let origin = host("relay:ours");
        through(&budgets, (0..6).map(|n| (1, 100 + n)), &origin);
        let mut last = Time(0);
        for n in 0..40 {
            match budgets.ask(Knock { alike: 2 + n as u32, ..knock(&origin, 1, 200 + n) }) {
                Turn::Later(at) => last = at,
                Turn::Now => panic!("over the budget"),
            }
        }
        let Turn::Later(own) = budgets.ask(knock(&origin, 1, 900)) else { panic!("over the budget") };
        assert!(own < last.minus(STEP * 30), "{own:?} {last:?}");
    }

    #[test]
    fn asking_again_about_one_thing_costs_once() {
        let budgets = Budgets::new(&[7; 32]);
        let origin = host("host:a.example");
        assert_eq!(budgets.ask(knock(&origin, 1, 100)), Turn::Now);
        let key = (Id(1), Id(100), Scope::Private);
        for _ in 0..100 {
            assert_eq!(budgets.told_before(key, 100), Some(Turn::Now));
        }
        let more: Vec<_> =
            (0..AGAIN + 60).filter_map(|n| budgets.told_before(key, u64::from(1000 + n))).collect();
        assert_eq!(more.iter().filter(|turn| **turn == Turn::Now).count(), AGAIN as usize - 1);
    }
}
