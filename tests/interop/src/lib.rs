//! Tests against real peers: the server's own binary on one side, software that this project did not write on the
//! other, real HTTPS and WebSocket between them.
//!
//! `cargo xtask test` gives every run a private network (see `xtask/src/private.rs`) and starts `landbridge-stage`,
//! which sets the [`stage`]: a certificate authority, the peers, and Landbridge. The tests in `tests/` then speak to
//! Landbridge as a member's app would ([`member`]) and to the peers through their own control ([`peer`]), and judge
//! by what each side *holds*, never by a log. What passed and what a peer lacks goes into the [`matrix`].
#![allow(
    clippy::disallowed_methods,
    reason = "the tests play members' apps and peers, not the server: they talk to the test network themselves"
)]

pub mod atproto;
pub mod browser;
pub mod certificates;
pub mod front;
pub mod landbridge;
pub mod matrix;
pub mod member;
pub mod peer;
pub mod process;
pub mod servers;
pub mod stage;
pub mod wait;
