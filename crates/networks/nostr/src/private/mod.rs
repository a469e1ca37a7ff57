//! Private messages (NIP-17), and the older ones (NIP-04), which are read and never written.
//!
//! [`arrive`]: gift wraps to members, opened with the member's key held here. [`relays`]: where people want theirs (kind
//! 10050). How members' own messages leave: `stage/message`. Which message a wrap on our relay carries stands in
//! `nostr_wraps`, so that it goes when the message goes.

mod arrive;
mod budget;
mod old;
pub mod relays;

pub use arrive::take_in;
pub use budget::Budget;
pub use old::{own as own_old, take_in as take_in_old};
