//! What happens in the demo, step by step. Every step waits until the other side really has it, as its own people see
//! it: in their app or on their relay.

use anyhow::{Context, bail};
use serde_json::json;
use std::time::{Duration, Instant};

use super::Place;
use super::app::App;
use super::stranger::Stranger;

const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(15);

const HELLO: &str = "Hello from one address to every open network!";
const BEN: &str = "Heard you in the fediverse.";
const NORA: &str = "And I heard you on Nostr.";
const MIA: &str = "Heard you on AT Protocol, too.";
const THANKS: &str = "Nice to meet you all in one place.";

pub async fn tell(north: &Place, south: &Place, west: &Place) -> anyhow::Result<()> {
    let (anna, ben, mia) = (App::of(north)?, App::of(south)?, App::of(west)?);
    let (anna_address, ben_address) = (north.hub.config().address("anna"), south.hub.config().address("ben"));
    let mut nora = Stranger::at(&north.origin).await?;
    let key = key_of(&anna).await?;
    let begun = Instant::now();

    let at = Instant::now();
    let found = ben.find(&format!("@{anna_address}")).await?;
    ben.post(&format!("/api/v1/accounts/{found}/follow"), json!({})).await?;
    until(|| anna.notified("follow", &ben_address)).await.context("the follow")?;
    crossed(at, "ActivityPub", "Ben follows Anna, and her app shows it");

    let at = Instant::now();
    let found =
        until(|| async { Ok(mia.find("anna.north.test").await.ok()) }).await.context("Anna's handle")?;
    mia.post(&format!("/api/v1/accounts/{found}/follow"), json!({})).await?;
    until(|| anna.notified("follow", "mia.west.test")).await.context("Mia's follow")?;
    crossed(at, "AT Protocol", "Mia follows Anna by her handle, a record in Mia's repository");

    nora.listen_to(&key).await?;
    said("Nora's relay listens to Anna's key, found by Anna's name (NIP-05)");

    let at = Instant::now();
    let posted = anna.post("/api/v1/statuses", json!({ "status": HELLO, "visibility": "public" })).await?;
    let post = posted["id"].as_str().context("a post has an id")?.to_owned();
    said(&format!("Anna posts once: \"{HELLO}\""));
    let (ben_has, nora_has, mia_has) = tokio::join!(
        async { (until(|| ben.post_with("/api/v1/timelines/home", HELLO)).await, at.elapsed()) },
        async { (nora.hears(HELLO).await, at.elapsed()) },
        async { (until(|| mia.post_with("/api/v1/timelines/home", HELLO)).await, at.elapsed()) },
    );
    took(ben_has.1, "ActivityPub", "it is on Ben's home timeline");
    took(nora_has.1, "Nostr", "it is at Nora's relay, signed with Anna's key");
    took(mia_has.1, "AT Protocol", "it is on Mia's home timeline, read from Anna's repository");
    let (at_ben, event) = (ben_has.0.context("the post at Ben's")?, nora_has.0?);
    let at_mia = mia_has.0.context("the post at Mia's")?;
    let event_id = event["id"].as_str().context("an event has an id")?;

    let at = Instant::now();
    let reply = json!({ "status": format!("@{anna_address} {BEN}"), "in_reply_to_id": at_ben, "visibility": "public" });
    ben.post("/api/v1/statuses", reply).await?;
    let ben_reply = until(|| anna.post_with("/api/v1/notifications", BEN)).await.context("Ben's answer")?;
    crossed(at, "ActivityPub", &format!("Ben answers: \"{BEN}\""));

    let at = Instant::now();
    ben.post(&format!("/api/v1/statuses/{at_ben}/favourite"), json!({})).await?;
    until(|| anna.notified("favourite", &ben_address)).await.context("Ben's like")?;
    crossed(at, "ActivityPub", "Ben likes it");

    let at = Instant::now();
    nora.publish(1, NORA, &[&["e", event_id, "", "root", &key], &["p", &key]]).await?;
    let nora_reply =
        until(|| anna.post_with("/api/v1/notifications", NORA)).await.context("Nora's answer")?;
    crossed(at, "Nostr", &format!("Nora answers with her own key: \"{NORA}\""));

    let at = Instant::now();
    nora.publish(7, "+", &[&["e", event_id, "", &key], &["p", &key], &["k", "1"]]).await?;
    until(|| anna.notified("favourite", "")).await?;
    until(|| async { liked_by(&anna, &post, 2).await }).await.context("Nora's like")?;
    crossed(at, "Nostr", "Nora likes it");

    let at = Instant::now();
    mia.post("/api/v1/statuses", json!({ "status": MIA, "in_reply_to_id": at_mia, "visibility": "public" }))
        .await?;
    let mia_reply = until(|| anna.post_with("/api/v1/notifications", MIA)).await.context("Mia's answer")?;
    crossed(at, "AT Protocol", &format!("Mia answers: \"{MIA}\""));

    let at = Instant::now();
    mia.post(&format!("/api/v1/statuses/{at_mia}/favourite"), json!({})).await?;
    until(|| async { liked_by(&anna, &post, 3).await }).await.context("Mia's like")?;
    crossed(at, "AT Protocol", "Mia likes it");

    let at = Instant::now();
    ben.post(&format!("/api/v1/statuses/{at_ben}/reblog"), json!({})).await?;
    until(|| anna.notified("reblog", &ben_address)).await.context("Ben's boost")?;
    crossed(at, "ActivityPub", "Ben boosts it");

    let at = Instant::now();
    let answer = json!({ "status": THANKS, "in_reply_to_id": nora_reply, "visibility": "public" });
    anna.post("/api/v1/statuses", answer).await?;
    nora.hears(THANKS).await?;
    crossed(at, "Nostr", &format!("Anna answers Nora: \"{THANKS}\""));

    let thread = anna.get(&format!("/api/v1/statuses/{post}/context")).await?;
    let below = thread["descendants"].as_array().map(Vec::as_slice).unwrap_or_default();
    for reply in [&ben_reply, &nora_reply, &mia_reply] {
        if !below.iter().any(|status| status["id"] == **reply) {
            bail!("an answer is missing from Anna's thread");
        }
    }
    println!(
        "\nAnna's thread holds answers from all three networks ({} in all). {:.1} s.",
        below.len(),
        begun.elapsed().as_secs_f64()
    );
    println!("{}/@{}/{post}", north.origin, anna.name);
    Ok(())
}

/// Anna's key as anybody on Nostr finds it (NIP-05).
async fn key_of(anna: &App) -> anyhow::Result<String> {
    let names = anna.get(&format!("/.well-known/nostr.json?name={}", anna.name)).await?;
    Ok(names["names"][anna.name].as_str().context("nostr.json does not name Anna's key")?.to_owned())
}

async fn liked_by(anna: &App, post: &str, people: u64) -> anyhow::Result<Option<()>> {
    let status = anna.get(&format!("/api/v1/statuses/{post}")).await?;
    Ok((status["favourites_count"] == people).then_some(()))
}

/// Looks again and again until there is something.
async fn until<T, F>(look: impl Fn() -> F) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if begun.elapsed() > PATIENCE {
            bail!("it did not arrive within {} s", PATIENCE.as_secs());
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn crossed(since: Instant, network: &str, what: &str) {
    took(since.elapsed(), network, what);
}

/// A line without a time, under the others.
fn said(what: &str) {
    println!("{:28}{what}", "");
}

fn took(time: Duration, network: &str, what: &str) {
    println!("{:>7.0} ms  {network:>12}    {what}", time.as_secs_f64() * 1000.0);
}
