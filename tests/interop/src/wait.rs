//! Waiting for something to become true, with a deadline in place of a fixed sleep.

use anyhow::{Result, anyhow};
use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

/// Long enough for a delivery that has to be retried once on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(25);

/// Calls `look` until `enough` is satisfied with what it saw; an error naming `what` and the last sight if that
/// does not happen within [`PATIENCE`]. Errors of `look` count as not yet.
pub async fn until<T: Debug>(
    what: &str,
    look: impl AsyncFnMut() -> Result<T>,
    enough: impl Fn(&T) -> bool,
) -> Result<T> {
    until_within(PATIENCE, what, look, enough).await
}

/// The same where a peer has much to do.
pub async fn until_within<T: Debug>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T>,
    enough: impl Fn(&T) -> bool,
) -> Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        let seen = look().await;
        match seen {
            Ok(seen) if enough(&seen) => return Ok(seen),
            seen if Instant::now() > deadline => {
                return Err(anyhow!("{what}: not within {patience:?}; last seen: {seen:#?}"));
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
