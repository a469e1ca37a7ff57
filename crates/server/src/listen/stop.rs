//! One signal for the whole process: stop taking work, finish what is begun.

use std::io::IsTerminal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Cloned into everything that runs until the end.
#[derive(Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// A stop that `SIGTERM` or `SIGINT` pulls, and a terminal that goes away; a second one ends the process at once.
    /// Without a terminal `SIGHUP` asks to read again what may have changed ([`super::tls::Files`]), and ends nothing.
    pub fn on_signals() -> std::io::Result<Self> {
        let (sender, receiver) = watch::channel(false);
        let mut term = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let on_terminal = std::io::stdin().is_terminal();
        tokio::spawn(async move {
            let mut stopping = false;
            loop {
                tokio::select! {
                    _ = term.recv() => {}
                    _ = interrupt.recv() => {}
                    _ = hangup.recv() => match on_terminal && !stopping {
                        true => {}
                        false => {
                            tracing::info!("asked to read again: only certificates in files are, without a new start");
                            continue;
                        }
                    },
                }
                if std::mem::replace(&mut stopping, true) {
                    std::process::exit(130);
                }
                sender.send_replace(true);
                tracing::info!("stopping; once more stops at once");
            }
        });
        Ok(Self(receiver))
    }

    /// A stop that nobody pulls.
    #[cfg(test)]
    pub fn never() -> Self {
        let (sender, receiver) = watch::channel(false);
        std::mem::forget(sender);
        Self(receiver)
    }

    /// Returns when it is time to stop.
    pub async fn wait(&self) {
        // An error means that the sender is gone, and with it the reason to go on.
        let _ = self.0.clone().wait_for(|stopping| *stopping).await;
    }

    /// The plain channel, for parts that know nothing of this crate.
    pub fn channel(&self) -> watch::Receiver<bool> {
        self.0.clone()
    }
}
