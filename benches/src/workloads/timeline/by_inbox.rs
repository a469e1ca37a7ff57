//! Fills a home timeline from outside: the member follows strangers, who then post.

use crate::{crowd::Crowd, target::Target};
use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;
use std::time::{Duration, Instant};

/// Strangers, and the hosts that they are on.
const AUTHORS: usize = 100;
const HOSTS: usize = 20;
/// Requests at once.
const CONNECTIONS: usize = 32;

/// Sends so many posts, and waits until all stand on the member's home.
pub async fn fill(target: &Target, count: usize) -> Result<()> {
    let crowd = Crowd::gather(AUTHORS, HOSTS).await?;
    follow_all(target, &crowd).await?;
    eprintln!("-> {count} posts by inbox");
    let inbox = target.inbox().await?;
    let accepted = stream::iter(0..count)
        .map(|k| {
            let (crowd, inbox) = (&crowd, &inbox);
            async move {
                // The oldest first, a second apart.
                let post = crowd.post(k % AUTHORS, k, (count - k) as u64);
                let status = crowd.send(inbox, &crowd.sign(k % AUTHORS, inbox, &post)?).await?;
                anyhow::Ok(usize::from(status.is_success()))
            }
        })
        .buffer_unordered(CONNECTIONS)
        .try_fold(0, async |sum, one| Ok(sum + one))
        .await?;
    ensure!(accepted == count, "only {accepted} of {count} posts were accepted");
    target.wait_for_entries("api/v1/timelines/home?", 40, count).await
}

/// Follows every actor of the crowd, each of whom accepts.
async fn follow_all(target: &Target, crowd: &Crowd) -> Result<()> {
    for n in 0..crowd.len() {
        let actor: String = url::form_urlencoded::byte_serialize(crowd.actor(n).as_bytes()).collect();
        let found = target.get(&format!("api/v2/search?q={actor}&type=accounts&resolve=true")).await?;
        let id = found["accounts"][0]["id"].as_str().with_context(|| format!("{actor} was not found"))?;
        target.post(&format!("api/v1/accounts/{id}/follow"), &json!({})).await?;
    }
    let inbox = target.inbox().await?;
    let begun = Instant::now();
    let mut answered = 0;
    while answered < crowd.len() {
        for (n, follow) in crowd.take_follows() {
            let status = crowd.send(&inbox, &crowd.sign(n, &inbox, &crowd.accept(n, &follow))?).await?;
            ensure!(status.is_success(), "an Accept was answered {status}");
            answered += 1;
        }
        ensure!(begun.elapsed() < Duration::from_secs(60), "only {answered} follows arrived");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
