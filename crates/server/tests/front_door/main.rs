//! The binary as operators and browsers meet it: started as a process, spoken to over its sockets.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it is surprised")]

mod house;

mod accounts;
mod golive;
mod limits;
mod logs;
mod member;
mod operating;
mod postgres;
mod record;
mod resolving;
mod starting;
mod tls;
mod world;
