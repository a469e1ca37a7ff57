//! Who is who: members' identities, and other people's.

mod join;
mod members;
mod migrate;

pub use join::join;
pub use migrate::Moving;

/// What was found out about people lately.
#[derive(Default)]
pub struct People {}

impl People {
    /// Asks again the next time.
    pub fn forget(&self, _native_id: &str) {}
}
