//! Private messages by the network's chat service (`chat.bsky.convo.*`), which is one company's: there is no way from PDS to
//! PDS. Nothing of them is ever in a repository.
//!
//! [`stage`](crate::stage): members' messages as orders, which [`deliver`] hands to the service in the member's name.
//! [`look`]: reads each member's log of the service; [`run`] says when. [`requests`]: what a member has answered at the gate
//! is told the service. [`ids`]: what messages are called here. Without a configured service nothing of this runs.

mod deliver;
mod group;
mod ids;
mod look;
mod meet;
mod order;
pub(crate) mod read;
mod requests;
mod run;
mod service;
mod way;

pub use deliver::deliver;
pub use ids::{of_reaction, provisional};
pub use order::{NO_EDITS, Order, is_order, to_emoji};
pub(crate) use run::run;
pub use way::{NO_SERVICE, can_message};

use landbridge_cache::Cache;
use landbridge_model::Id;
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Mutex as Turn, MutexGuard, Notify};

/// People in one conversation, beside the member; of larger groups the member reads in their own app.
pub const MOST_PEOPLE: usize = 50;

/// How long it is remembered that somebody takes messages, or not.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Members whose messages never wait for each other, by chance.
const TURNS: usize = 64;

/// What is shared between those who write and those who read.
pub struct Chats {
    /// Members who do something with messages just now.
    stirred: Mutex<HashSet<Id>>,
    bell: Notify,
    /// A member's messages go one after another.
    turns: Vec<Turn<()>>,
    /// Whether a member may write to these people (DIDs in order), as the service said.
    available: Cache<(Id, Vec<String>), bool>,
}

impl Default for Chats {
    fn default() -> Chats {
        Chats {
            stirred: Mutex::default(),
            bell: Notify::new(),
            turns: (0..TURNS).map(|_| Turn::default()).collect(),
            available: Cache::living(10_000, REMEMBERED),
        }
    }
}

impl Chats {
    /// There will soon be something to read for that member.
    pub fn stir(&self, member: Id) {
        self.stirred.lock().unwrap_or_else(PoisonError::into_inner).insert(member);
        self.bell.notify_one();
    }

    fn take_stirred(&self) -> HashSet<Id> {
        std::mem::take(&mut self.stirred.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn turn(&self, member: Id) -> Option<MutexGuard<'_, ()>> {
        let place = (member.0 ^ member.0 >> 16) as usize % TURNS;
        Some(self.turns.get(place)?.lock().await)
    }
}
