//! Asking the person at the terminal.

use anyhow::{Context, bail};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{BufRead, IsTerminal, Write};

/// Reads a password: a line of standard input when `from_stdin`, else twice from the terminal without showing it.
pub fn new_password(from_stdin: bool) -> anyhow::Result<String> {
    let password = if from_stdin {
        line()?
    } else {
        if !std::io::stdin().is_terminal() {
            bail!("no terminal to ask for the password: use --password-stdin");
        }
        let first = hidden("Password (at least 10 characters): ")?;
        if hidden("Once more: ")? != first {
            bail!("the two passwords differ");
        }
        first
    };
    if password.chars().count() < 10 {
        bail!("a password needs at least 10 characters");
    }
    Ok(password)
}

/// A password that is easy to read out: about 100 random bits in groups of five letters and digits.
pub fn made_password() -> anyhow::Result<String> {
    // Nothing that looks like something else: 32 signs, 5 bits each.
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 20];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gives no random numbers"))?;
    let signs = bytes.map(|byte| char::from(SIGNS[usize::from(byte % 32)]));
    Ok(signs.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// Asks for a plain yes. Without a terminal the answer is no.
pub fn confirm(question: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("{question} [yes/no] ");
    std::io::stdout().flush()?;
    Ok(matches!(line()?.trim(), "yes" | "y"))
}

fn hidden(question: &str) -> anyhow::Result<String> {
    print!("{question}");
    std::io::stdout().flush()?;
    let stdin = std::io::stdin();
    let shown = tcgetattr(&stdin).context("cannot hide the password")?;
    let mut quiet = shown.clone();
    quiet.local_modes &= !LocalModes::ECHO;
    tcsetattr(&stdin, OptionalActions::Flush, &quiet)?;
    let read = line();
    tcsetattr(&stdin, OptionalActions::Flush, &shown)?;
    println!();
    read
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
