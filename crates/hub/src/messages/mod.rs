//! Private messages, read as conversations.
//!
//! A message is a post of the narrowest visibility; it is sealed, delivered and received like any other. What is added
//! here: by which network it goes ([`ways`]), in which conversation of which member it stands ([`rows`]), who can read it
//! ([`label`]), what became of it ([`state`]), and the conversations themselves.
//!
//! A conversation is on one network only: the messages of one set of people, and where the network has threads, of one
//! thread.

mod conversations;
mod joined;
mod label;
mod remove;
mod rows;
mod state;
mod ways;

pub use conversations::{Conversation, Message};
pub use label::{Label, Leg};
pub use state::{MessageState, Standing};
pub use ways::{Way, why_best};
