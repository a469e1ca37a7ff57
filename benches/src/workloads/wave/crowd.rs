//! The strangers: four big hosts, eleven small ones, and five relays with keys that were made for the day. Five of each origin
//! are honest, and have words of their own.

use super::world::World;
use anyhow::Result;
use landbridge_hub::gate::Carrier;
use landbridge_model::{Id, Network};
use std::collections::HashSet;

pub const ORIGINS: usize = 20;
const HONEST: usize = 5;
/// What most of the others say, with a name and a number put in; each fifth has words of its own for everybody.
const TEXTS: [&str; 5] = [
    "earn a fortune from home with coins that only we can sell to you, visit our page today and be the first",
    "your account will be closed tonight unless you confirm your password on the page of our support team",
    "lonely ladies of your town want to meet you this evening, look at their pictures and choose one of them",
    "we have looked at your posts and offer you a thousand new followers for a very small price every month",
    "vote for our candidate in the great election of the year, everybody else is a liar and will ruin the land",
];
const SYLLABLES: [&str; 12] = ["ba", "ke", "mi", "so", "tu", "ra", "ne", "li", "fo", "du", "gza", "phe"];

pub struct Stranger {
    network: Network,
    native: String,
    carrier: Carrier,
}

/// A message that is to be sent.
struct Letter {
    from: usize,
    to: usize,
    id: String,
    text: String,
}

pub struct Crowd {
    pub strangers: Vec<Stranger>,
    letters: Vec<Letter>,
    honest: HashSet<Id>,
}

impl Crowd {
    /// `targets`: members that each of those who are not honest writes to.
    pub async fn gather(world: &World, targets: usize) -> Result<Crowd> {
        let mut crowd = Crowd { strangers: Vec::new(), letters: Vec::new(), honest: HashSet::new() };
        for origin in 0..ORIGINS {
            let (network, count) = match origin {
                0..4 => (Network::ActivityPub, 110),
                4..15 => (Network::ActivityPub, 20),
                _ => (Network::Nostr, 68),
            };
            for n in 0..count {
                // In the middle of the crowd of their origin.
                let honest = (7..7 + HONEST).contains(&n);
                crowd.add(world, network, origin, honest, targets).await?;
            }
        }
        // Everybody writes at any time of the two hours.
        let mut random = Random::new(1);
        for n in (1..crowd.letters.len()).rev() {
            crowd.letters.swap(n, random.below(n + 1));
        }
        Ok(crowd)
    }

    pub fn letters(&self) -> usize {
        self.letters.len()
    }

    pub fn honest(&self) -> usize {
        self.honest.len()
    }

    pub fn is_honest(&self, stranger: Id) -> bool {
        self.honest.contains(&stranger)
    }

    /// Sends one of the letters.
    pub async fn send(&self, world: &World, n: usize) -> Result<()> {
        let Some(letter) = self.letters.get(n) else { return Ok(()) };
        let Some(from) = self.strangers.get(letter.from) else { return Ok(()) };
        let what = (letter.to, letter.id.as_str(), letter.text.as_str());
        world.stranger_writes(from.network, &from.native, from.carrier.clone(), what).await
    }

    async fn add(
        &mut self,
        world: &World,
        network: Network,
        origin: usize,
        honest: bool,
        targets: usize,
    ) -> Result<()> {
        let n = self.strangers.len();
        let (native, domain, host) = match network {
            Network::ActivityPub => {
                let host = format!("host{origin}.example");
                (format!("https://{host}/users/s{n}"), host, None)
            }
            _ => (format!("s{n}-key"), "nostr.localhost:8840".into(), Some(format!("relay{origin}.example"))),
        };
        let id = world.meet(network, &native, &format!("s{n}"), &domain).await?;
        self.strangers.push(Stranger { network, native, carrier: Carrier { host, work: 0 } });
        if honest {
            self.honest.insert(id);
        }
        for i in 0..if honest { 1 } else { targets } {
            let to = (n * 7 + i * 13) % world.members();
            let text = match honest || n.is_multiple_of(5) {
                true => own_words(n * 100 + i),
                false => format!("Hello friend number {to}, {} ({n})", TEXTS[n / 5 % TEXTS.len()]),
            };
            self.letters.push(Letter { from: n, to, id: format!("https://letters.example/{n}/{i}"), text });
        }
        Ok(())
    }
}

/// Words that nobody else says.
fn own_words(seed: usize) -> String {
    let mut random = Random::new(seed as u64);
    let mut word = || (0..3).map(|_| SYLLABLES[random.below(SYLLABLES.len())]).collect::<String>();
    (0..24).map(|_| word()).collect::<Vec<_>>().join(" ")
}

/// The same numbers in every run (a linear congruential generator).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next()).unwrap_or(0) % most
    }

    /// From one to the next of what happens once per unit of time, at any moment.
    pub fn gap(&mut self) -> f64 {
        let share = (self.next() + 1) as f64 / (1u64 << 31) as f64;
        -share.ln()
    }
}
