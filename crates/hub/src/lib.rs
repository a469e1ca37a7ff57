//! What the system does: publish, receive, follow, react, moderate, erase. Knows no wire format.
//!
//! Two ways lead through here. [`Hub::publish`] and its kin take what a member does, let every network it reaches
//! *stage* what must be decided with it, and write all of it in one transaction. [`Hub::receive`] takes what a
//! network has verified and translated, passes it through the [gate](crate::gate), and writes it in one transaction.
//!
//! A network is one implementation of [`Translator`]; a door calls the methods of [`Hub`].

// Whatever the network says must not end a request, and still less the process.
#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::unreachable)]
#![cfg_attr(not(test), warn(clippy::string_slice))]

pub mod accounts;
mod act;
mod bus;
mod cards;
mod config;
mod error;
#[doc(hidden)]
pub mod fuzzing;
pub mod gate;
mod gates;
mod hub;
mod incoming;
mod labels;
pub mod messages;
pub mod moderation;
pub mod outbox;
mod page;
mod plain_page;
pub mod publish;
pub mod reading;
mod receive;
mod seal;
mod spread;
mod staged;
mod translator;
mod uploads;
mod view;

pub use act::{Act, ActKind, Draft, DraftPoll, Origin};
pub use bus::{Bus, Event, EventKind};
pub use config::{Config, FirstContacts, Limits, Mode, Registrations};
pub use error::HubError;
pub use hub::Hub;
pub use incoming::{Gate, InActor, InMedia, InPost, Incoming, Received, Refused, Undone, Via, What};
pub use labels::{ChosenLabel, Label, LabelChoice, LabelEffect};
pub use page::Page;
pub use plain_page::{FormsLead, plain_page};
pub use seal::root_key_fits_backup;
pub use staged::{CopyKind, CopyState, Delivery, Destination, Outcome, Payload, Staged, StagedCopy};
pub use translator::{Joined, KeyImport, NewKey, NewPresence, Preview, Stop, Translator};
pub use view::{Marks, PostView, Relationship};
