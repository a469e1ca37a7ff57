//! Statements and row types, one file a table (or a few that belong together). SQL stays visible: a function gives a
//! [`Query`](crate::Query) or a [`Change`](crate::Change), a row type reads what the query selects.

pub mod nostr_events;
