//! `landbridge-stage FOLDER -- PROGRAM ARGUMENTS`: sets the stage for the tests against real peers.

use std::process::Command;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1).skip_while(|argument| argument != "--").skip(1);
    let program = arguments.next().unwrap_or_else(|| "true".into());
    let status = Command::new(program).args(arguments).status()?;
    std::process::exit(status.code().unwrap_or(1));
}
