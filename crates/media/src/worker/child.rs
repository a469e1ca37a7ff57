//! The child's side.

use super::{
    job,
    wire::{Answer, Request, parse},
};
use crate::Limits;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::{
    io::{self, Read, Write},
    process::ExitCode,
};

/// Reads one request from the standard input, answers on the standard output. The whole of the hidden subcommand
/// `media-worker`; call it before any thread or runtime is started.
pub fn worker_main() -> ExitCode {
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            let _ = writeln!(io::stderr(), "media-worker: {e}");
            ExitCode::FAILURE
        }
    }
}

fn answer() -> io::Result<()> {
    let mut message = Vec::new();
    // Far above any file that the parent lets through.
    io::stdin().lock().take(1 << 30).read_to_end(&mut message)?;
    let (request, bytes) = parse::<Request>(&message)?;
    confine(&request.limits)?;
    Answer::write(job::run(bytes, request.purpose, &request.limits), &mut io::stdout().lock())
}

/// From here on: little memory, little time, no file to write, none to open.
fn confine(limits: &Limits) -> io::Result<()> {
    let seconds = (limits.time.as_secs() / 2).max(1);
    let bounds = [
        (Resource::As, limits.memory),
        (Resource::Cpu, seconds),
        (Resource::Fsize, 0),
        (Resource::Nofile, 3),
        (Resource::Core, 0),
    ];
    for (resource, most) in bounds {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}
