//! Reading hostile files where it can do no harm: in a child process of the same program.
//!
//! The child gets one request on its standard input and gives one answer on its standard output
//! ([`wire`]); it has no environment, a bound on its memory and time, and may neither write nor open much.

mod child;
mod job;
mod parent;
mod wire;

pub use child::worker_main;
pub(crate) use job::{check, run as run_here};
pub(crate) use parent::run;
pub use wire::Done;

use std::path::PathBuf;

/// How files are read.
#[derive(Clone, Debug)]
pub enum Worker {
    /// By starting this program with these arguments; it must call [`worker_main`] and nothing else.
    Process { program: PathBuf, args: Vec<String> },
    /// On a thread of this process: the bounds of [`crate::Limits`] on bytes, pixels and frames hold, but memory and
    /// time are not enforced from outside. For programs that are not `landbridge`, such as the tests of other crates.
    Thread,
}

impl Worker {
    /// This very program, with the subcommand `media-worker`.
    pub fn this_program() -> std::io::Result<Worker> {
        Ok(Worker::Process { program: std::env::current_exe()?, args: vec!["media-worker".to_owned()] })
    }
}
