//! What is remembered in memory for a while: so many entries at most, each for so long. Which go first when there is no room is
//! for the library behind it to know: those that were asked for once stay longer than those that never were.
//!
//! One type for everything, because each further type of cache is code again for each kind of entry, and pages of memory.

use quick_cache::{
    OptionsBuilder, Weighter,
    sync::{self, DefaultLifecycle, EntryAction, EntryResult, GuardResult},
};
use std::{
    borrow::Borrow,
    hash::{Hash, RandomState},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Parts with a lock of their own, and entries that each has room for at least. An entry that weighs more than a part has room
/// for is not kept.
const SHARDS: u64 = 16;
const FEWEST: u64 = 32;

/// Entries by key; clones share them.
pub struct Cache<K, V>(Arc<Shared<K, V>>);

struct Shared<K, V> {
    entries: Entries<K, V>,
    life: Life,
    /// When expired entries were last looked for.
    swept: AtomicU64,
}

type Entries<K, V> = sync::Cache<K, Kept<V>, Weight<K, V>, RandomState, DefaultLifecycle<K, Kept<V>>>;

#[derive(Clone, Copy)]
enum Life {
    /// Until there is no more room.
    Long,
    /// So many milliseconds after it was put in.
    SincePut(u64),
    /// So many after it was last asked for.
    SinceUsed(u64),
}

#[derive(Clone)]
struct Kept<V> {
    value: V,
    /// When it was put in, or used: see [`now`].
    at: u64,
}

/// `None`: each entry is one.
struct Weight<K, V>(Option<fn(&K, &V) -> u32>);

impl<K, V> Clone for Weight<K, V> {
    fn clone(&self) -> Self {
        Weight(self.0)
    }
}

impl<K, V> Weighter<K, Kept<V>> for Weight<K, V> {
    fn weight(&self, key: &K, kept: &Kept<V>) -> u64 {
        self.0.map_or(1, |weigh| weigh(key, &kept.value).into())
    }
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Cache(self.0.clone())
    }
}

/// Milliseconds since the first entry of any cache.
fn now() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn millis(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX)
}

impl Life {
    fn is_over(self, at: u64, now: u64) -> bool {
        match self {
            Life::Long => false,
            Life::SincePut(life) | Life::SinceUsed(life) => now.saturating_sub(at) >= life,
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    /// Keeps `most` entries.
    pub fn new(most: u64) -> Self {
        Self::with(most, most, Life::Long, None)
    }

    /// Keeps `most` entries, each for `life` after it was put in.
    pub fn living(most: u64, life: Duration) -> Self {
        Self::with(most, most, Life::SincePut(millis(life)), None)
    }

    /// Keeps `most` entries, each for `life` after it was last asked for.
    pub fn idling(most: u64, life: Duration) -> Self {
        Self::with(most, most, Life::SinceUsed(millis(life)), None)
    }

    /// Keeps entries that weigh `most` together; `count`: about how many those are. The weight of an entry never changes.
    pub fn weighed(most: u64, count: u64, weigh: fn(&K, &V) -> u32) -> Self {
        Self::with(most, count, Life::Long, Some(weigh))
    }

    fn with(most: u64, count: u64, life: Life, weigh: Option<fn(&K, &V) -> u32>) -> Self {
        // Parts that divide it exactly: what the library rounds up would be more than `most`.
        let mut parts = SHARDS;
        while parts > 1 && count / parts < FEWEST {
            parts /= 2;
        }
        let (most, count) = (most / parts * parts, count / parts * parts);
        let mut options = OptionsBuilder::new();
        options.weight_capacity(most).shards(usize::try_from(parts).unwrap_or(1));
        options.estimated_items_capacity(usize::try_from(count).unwrap_or(usize::MAX));
        #[expect(clippy::expect_used, reason = "both of the values without which it fails are there")]
        let options = options.build().expect("complete options");
        let (weight, lifecycle) = (Weight(weigh), DefaultLifecycle::default());
        let entries = Entries::with_options(options, weight, RandomState::new(), lifecycle);
        Cache(Arc::new(Shared { entries, life, swept: AtomicU64::new(now()) }))
    }

    /// The entry, if it lives.
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let Shared { entries, life, .. } = &*self.0;
        let kept = entries.get(key)?;
        let now = now();
        if life.is_over(kept.at, now) {
            entries.remove_if(key, |kept| life.is_over(kept.at, now));
            return None;
        }
        // The time of its last use is known well enough: asking does not write each time.
        if let Life::SinceUsed(life) = life
            && now.saturating_sub(kept.at) > life / 16
        {
            entries.entry(key, None, |_, kept| {
                kept.at = now;
                EntryAction::Retain(())
            });
        }
        Some(kept.value)
    }

    pub fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.get(key).is_some()
    }

    pub fn insert(&self, key: K, value: V) {
        self.0.entries.insert(key, Kept { value, at: now() });
        self.sweep_if_due();
    }

    /// Whether there was none; then there is one from now on. Of several that ask at once, one is told so.
    pub fn insert_first<Q>(&self, key: &Q, value: V) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let mut first = false;
        self.get_with(key, || {
            first = true;
            value
        });
        first
    }

    /// The entry, or what is made now. Who asks for the same one meanwhile waits, so `make` must be quick, and must not ask this
    /// cache for anything.
    pub fn get_with<Q>(&self, key: &Q, make: impl FnOnce() -> V) -> V
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(value) = self.get(key) {
            return value;
        }
        match self.0.entries.get_value_or_guard(key, None) {
            GuardResult::Value(kept) => kept.value,
            GuardResult::Guard(guard) => {
                let value = make();
                let _ = guard.insert(Kept { value: value.clone(), at: now() });
                self.sweep_if_due();
                value
            }
            // Only where a time was given.
            GuardResult::Timeout => make(),
        }
    }

    /// The same of what takes a while. When it is given up, who waits next makes it.
    pub async fn get_with_async<Q>(&self, key: &Q, make: impl Future<Output = V>) -> V
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(value) = self.get(key) {
            return value;
        }
        match self.0.entries.get_value_or_guard_async(key).await {
            Ok(kept) => kept.value,
            Err(guard) => {
                let value = make.await;
                let _ = guard.insert(Kept { value: value.clone(), at: now() });
                self.sweep_if_due();
                value
            }
        }
    }

    /// Puts in what becomes of the entry, or of none, or takes it out; nobody else changes it meanwhile.
    pub fn update(&self, key: &K, change: impl FnOnce(Option<V>) -> Option<V>) {
        let Shared { entries, life, .. } = &*self.0;
        let now = now();
        let mut change = Some(change);
        let found = entries.entry(key, None, |_, kept| {
            let before = (!life.is_over(kept.at, now)).then(|| kept.value.clone());
            match change.take().and_then(|change| change(before)) {
                Some(value) => *kept = Kept { value, at: now },
                None => return EntryAction::Remove,
            }
            EntryAction::Retain(())
        });
        if let (EntryResult::Vacant(guard), Some(change)) = (found, change)
            && let Some(value) = change(None)
        {
            let _ = guard.insert(Kept { value, at: now });
            self.sweep_if_due();
        }
    }

    pub fn remove<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let (_, kept) = self.0.entries.remove(key)?;
        (!self.0.life.is_over(kept.at, now())).then_some(kept.value)
    }

    pub fn clear(&self) {
        self.0.entries.clear();
    }

    /// All that live.
    pub fn all(&self) -> Vec<(K, V)> {
        let now = now();
        let live = self.0.entries.iter().filter(|(_, kept)| !self.0.life.is_over(kept.at, now));
        live.map(|(key, kept)| (key, kept.value)).collect()
    }

    /// How many live.
    pub fn count(&self) -> u64 {
        self.sweep();
        self.0.entries.len() as u64
    }

    /// Once in a life: nothing stays for much longer than twice its own.
    fn sweep_if_due(&self) {
        let (Life::SincePut(life) | Life::SinceUsed(life)) = self.0.life else { return };
        let (now, swept) = (now(), self.0.swept.load(Ordering::Relaxed));
        let due = now.saturating_sub(swept) >= life;
        if due && self.0.swept.compare_exchange(swept, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.sweep();
        }
    }

    fn sweep(&self) {
        let now = now();
        self.0.entries.retain(|_, kept| !self.0.life.is_over(kept.at, now));
    }
}

impl<K: Eq + Hash + Clone, V: Clone, E: Clone> Cache<K, Result<V, E>> {
    /// The same of what may fail: all who wait for it are told, and it is not kept.
    pub async fn try_get_with<Q>(&self, key: &Q, make: impl Future<Output = Result<V, E>>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let made = self.get_with_async(key, make).await;
        if made.is_err() {
            self.0.entries.remove_if(key, |kept| kept.value.is_err());
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::atomic::AtomicUsize, thread::sleep};

    const LIFE: Duration = Duration::from_millis(200);

    #[test]
    fn keeps_no_more_than_it_may() {
        let cache = Cache::new(1_000);
        (0..100_000).for_each(|n| cache.insert(n, n));
        assert!((900..=1_000).contains(&cache.count()), "{}", cache.count());
        assert_eq!(cache.get(&99_999), Some(99_999));
        let weighed = Cache::weighed(100_000, 100, |_, text: &String| u32::try_from(text.len()).unwrap());
        (0..10_000).for_each(|n| weighed.insert(n, "x".repeat(1_000)));
        assert!((50..=100).contains(&weighed.count()), "{}", weighed.count());
    }

    #[test]
    fn what_was_put_in_lives_so_long() {
        let cache = Cache::living(10, LIFE);
        cache.insert("a".to_owned(), 1);
        assert_eq!((cache.get("a"), cache.contains("b")), (Some(1), false));
        assert!(!cache.insert_first("a", 2), "it lives");
        sleep(LIFE / 2);
        assert_eq!(cache.get("a"), Some(1));
        sleep(LIFE / 2);
        assert_eq!(cache.get("a"), None, "asking for it does not make it live longer");
        assert!(cache.insert_first("a", 3));
        assert_eq!(cache.remove("a"), Some(3));
        cache.insert("b".to_owned(), 1);
        sleep(LIFE);
        assert_eq!((cache.remove("b"), cache.all(), cache.count()), (None, vec![], 0));
    }

    #[test]
    fn what_is_used_lives_on() {
        let cache = Cache::idling(10, LIFE);
        cache.insert(1, ());
        for _ in 0..8 {
            sleep(LIFE / 4);
            assert!(cache.contains(&1));
        }
        sleep(LIFE);
        assert!(!cache.contains(&1));
    }

    #[test]
    fn expired_entries_leave_by_themselves() {
        let cache = Cache::living(1_000, LIFE);
        (0..500).for_each(|n| cache.insert(n, ()));
        sleep(LIFE);
        cache.insert(1_000, ());
        assert_eq!(cache.0.entries.len(), 1);
    }

    #[test]
    fn changes_are_made_one_after_the_other() {
        let cache = Cache::idling(10, LIFE * 100);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    (0..1_000).for_each(|_| cache.update(&"n", |n| Some(n.unwrap_or(0) + 1)));
                });
            }
        });
        assert_eq!(cache.all(), [("n", 4_000)]);
        cache.update(&"n", |_| None);
        cache.update(&"m", |none| none);
        assert_eq!(cache.all(), []);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_who_ask_at_once_have_it_made_once() {
        let (cache, made) = (Cache::living(10, LIFE * 100), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            let (cache, made) = (cache.clone(), made.clone());
            tokio::spawn(async move {
                let make = async {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    made.fetch_add(1, Ordering::Relaxed) + 1
                };
                cache.get_with_async(&1, make).await
            })
        };
        for one in (0..20).map(|_| ask()).collect::<Vec<_>>() {
            assert_eq!(one.await.unwrap(), 1);
        }
        cache.clear();
        // Whoever gives up, or fails, leaves it to the next.
        let never = cache.get_with_async(&1, std::future::pending());
        assert!(tokio::time::timeout(Duration::from_millis(20), never).await.is_err());
        assert_eq!(ask().await.unwrap(), 2);
        let asked = Cache::new(10);
        assert_eq!(asked.try_get_with(&1, async { Err("no") }).await, Err("no"));
        assert_eq!(asked.try_get_with(&1, async { Ok(1) }).await, Ok(1), "it was not kept");
        assert_eq!(asked.try_get_with(&1, async { Err("no") }).await, Ok(1));
    }
}
