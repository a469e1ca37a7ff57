//! The hub through its public methods, on both engines. [`support`] gives a hub with two networks that keep what they
//! are given instead of sending it: the seam itself, not a stand-in for any real peer.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod accounts;
mod cards;
mod files;
mod leaving;
mod messages;
mod moderation;
mod outbox;
mod publish;
mod receive;
mod support;
