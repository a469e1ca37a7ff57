//! `landbridge media-worker`: the child process in which hostile pictures are decoded, so that what breaks there
//! breaks nothing else. Started by the server, never by hand.

use clap::Args;
use std::process::ExitCode;

#[derive(Args)]
#[command(hide = true)]
pub struct MediaWorker {}

impl MediaWorker {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        Ok(landbridge_media::worker_main())
    }
}
