//! How far one thing that arrived may lead: bounds on what is fetched because of it.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// Things fetched because of one that arrived.
const FETCHES: u32 = 12;
/// Parents of parents.
const DEPTH: u32 = 8;
/// For all of it together.
const TIME: Duration = Duration::from_secs(8);

pub(crate) struct Trail {
    fetches: u32,
    depth: u32,
    seen: HashSet<String>,
    until: Instant,
}

impl Default for Trail {
    fn default() -> Trail {
        Trail { fetches: FETCHES, depth: 0, seen: HashSet::new(), until: Instant::now() + TIME }
    }
}

impl Trail {
    /// Takes one step to fetch that thing; `None` when it was tried before on this trail, or the trail ends here.
    /// Otherwise how long it may take. To be followed by [`Trail::back`].
    pub fn step(&mut self, native_id: &str) -> Option<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if self.fetches == 0
            || self.depth >= DEPTH
            || left.is_zero()
            || !self.seen.insert(native_id.to_owned())
        {
            return None;
        }
        self.fetches -= 1;
        self.depth += 1;
        Some(left)
    }

    pub fn back(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_ends() {
        let mut trail = Trail::default();
        assert!(trail.step("a").is_some());
        assert!(trail.step("a").is_none(), "twice the same");
        for n in 1..DEPTH {
            assert!(trail.step(&n.to_string()).is_some());
        }
        assert!(trail.step("too deep").is_none());
        for _ in 0..DEPTH {
            trail.back();
        }
        let wide = (0..100).filter(|n| trail.step(&format!("w{n}")).map(|_| trail.back()).is_some()).count();
        assert_eq!(wide as u32, FETCHES - DEPTH);
    }
}
