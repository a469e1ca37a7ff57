//! What a server sends is checked by the official verifiers: the repository as a whole, and each commit as it was sent.

use super::*;
use landbridge_interop::wait::{PATIENCE, until_within};
use std::collections::BTreeSet;

const POSTS: &str = "app.bsky.feed.post/";

/// On SQLite.
#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn many_writes() -> Result<()> {
    let stage = Stage::current()?;
    writes(&stage, &stage.landbridge, "v").await
}

/// On PostgreSQL, where writes of several members go on at once.
#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn many_writes_on_postgresql() -> Result<()> {
    let stage = Stage::current()?;
    let run = async |initial| writes(&stage, &stage.strict, initial).await;
    let (first, second) = tokio::join!(run("w"), run("x"));
    first.and(second)
}

async fn writes(stage: &Stage, server: &Landbridge, initial: &str) -> Result<()> {
    let network = stage.peer("atproto")?;
    let member = server.member(&stage.authority(), &format!("{initial}{:x}", std::process::id())).await?;
    let did = did_of(&network, server, &member.name).await?;
    let mut random = Random(u64::from(std::process::id()) | 1);
    let mut kept: Vec<Value> = Vec::new();
    let mut commits = 0;
    for number in 0..120 {
        match random.below(5) {
            0 if !kept.is_empty() => {
                let status = kept.swap_remove(random.below(kept.len()));
                member.delete(&format!("v1/statuses/{}", text(&status, "id")?)).await?;
                commits += 1;
            }
            // No commit if it is liked already.
            1 if !kept.is_empty() => {
                let status = &kept[random.below(kept.len())];
                let path = format!("v1/statuses/{}/favourite", text(status, "id")?);
                member.post(&path, json!({})).await?;
            }
            _ => {
                kept.push(member.publish(&format!("{initial} number {number}"), json!({})).await?);
                commits += 1;
            }
        }
    }
    let posts = |v: &atproto::Verified| v.records.keys().filter(|path| path.starts_with(POSTS)).count();
    let verified = async || atproto::verify(&network, &did).await;
    let verified = until("every post is in the repository", verified, |v| posts(v) == kept.len()).await?;
    assert_eq!(verified.pds, atproto::pds_of(&server.host));
    assert_eq!(verified.handle, Some(format!("{}.{}", member.name, atproto::handles_of(&server.host))));

    let sent = async || atproto::sent(&network, &verified.pds).await;
    let last = |s: &atproto::Sent| s.repos.get(&did).is_some_and(|head| head.rev == verified.rev);
    until("the last commit was sent", sent, last).await?;
    let sent = atproto::nothing_wrong(&network, &verified.pds).await?;
    assert!(sent.counts["commit"] >= commits, "{sent:?}");
    assert_eq!(sent.handles.get(&did), Some(&verified.handle), "the handle was not proved");

    // And what the AppView shows is just that.
    let posts = verified.records.keys().filter(|path| path.starts_with(POSTS));
    let held: BTreeSet<String> = posts.map(|path| format!("at://{did}/{path}")).collect();
    let differing = async || {
        let shown: BTreeSet<String> =
            network.find(&did, &format!("{initial} number")).await?.into_iter().collect();
        let missing = held.difference(&shown).map(|uri| format!("not shown: {uri}"));
        let deleted = shown.difference(&held).map(|uri| format!("shown still: {uri}"));
        Ok(missing.chain(deleted).collect::<Vec<_>>())
    };
    // It reads thousands of writes beside what all other tests do.
    until_within(4 * PATIENCE, "the AppView has the same", differing, Vec::is_empty).await?;
    Ok(())
}

/// Marsaglia's xorshift: another order of writes in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap_or_default()
    }
}
