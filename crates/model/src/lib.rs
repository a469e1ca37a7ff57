//! The words everyone speaks: no I/O, no wire format, no SQL.
//!
//! A translator turns what its network says into these types and back; the hub decides on them; the doors show
//! them. Start with [`Post`] and [`Actor`].

// Whatever the network says must not end a request, and still less the process.
#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::unreachable)]
#![cfg_attr(not(test), warn(clippy::string_slice))]

mod actor;
mod address;
mod card;
mod id;
mod media;
mod network;
mod poll;
mod post;
mod quote;
mod reaction;
pub mod richtext;
mod secrecy;
mod time;
mod visibility;

pub use actor::{Actor, ActorKind, ActorState, Field, Picture, Presence, PresenceState, Profile};
pub use address::{Acct, NameError, check_name, safe_display_name};
pub use card::{CardPicture, LinkCard};
pub use id::{Id, IdSource, ParseIdError};
pub use media::{Media, MediaKind, MediaMeta};
pub use network::Network;
pub use poll::{Poll, PollOption};
pub use post::{Emoji, Mention, Post, PostKind};
pub use quote::{Audience, Groups, Quote, QuoteState};
pub use reaction::Reaction;
pub use richtext::{Mark, MarkKind, RichText};
pub use secrecy::Secrecy;
pub use time::{ParseTimeError, Time};
pub use visibility::Visibility;
