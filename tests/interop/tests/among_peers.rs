//! The peers with each other, without Landbridge: shows that the stage itself is sound.

#![allow(clippy::unwrap_used, reason = "a test may")]

use anyhow::Result;
use landbridge_interop::{
    atproto,
    peer::{Account, Draft, DraftImage, Peer},
    servers,
    stage::Stage,
    wait::until,
};
use serde_json::json;
use tokio::process::Command;

async fn pair(from: &str, to: &str) -> Result<(Peer, Account, Peer, Account)> {
    let stage = Stage::current()?;
    let (from, to) = (stage.peer(from)?, stage.peer(to)?);
    let writer = from.account(&format!("w{}", std::process::id())).await?;
    let reader = to.account(&format!("r{}", std::process::id())).await?;
    Ok((from, writer, to, reader))
}

async fn follow_post_like(from: &str, to: &str) -> Result<()> {
    let (from, writer, to, reader) = pair(from, to).await?;
    to.act(&reader, "follow", json!({ "actor": writer.id })).await?;
    until("follower", async || from.actor(&writer.id).await, |a| a.followers.contains(&reader.id)).await?;
    until("accepted", async || to.actor(&reader.id).await, |a| a.following.contains(&writer.id)).await?;

    let image = DraftImage { alt: "two by two".to_owned() };
    let draft = Draft {
        text: "hello".to_owned(),
        cw: Some("careful".to_owned()),
        images: vec![image],
        ..Draft::default()
    };
    let id = from.publish(&writer, &draft).await?;
    let seen = until("post", async || to.object(&id).await, |o| o.note.is_some()).await?;
    let note = seen.note.unwrap();
    assert!(note.text.contains("hello"), "{note:?}");
    assert_eq!(note.cw.as_deref(), Some("careful"));
    assert_eq!(note.images[0].alt.as_deref(), Some("two by two"));

    to.act(&reader, "like", json!({ "object": id })).await?;
    until("like", async || from.object(&id).await, |o| o.likes.iter().any(|l| l.actor == reader.id)).await?;
    to.act(&reader, "unlike", json!({ "object": id })).await?;
    until("like undone", async || from.object(&id).await, |o| o.likes.is_empty()).await?;
    from.act(&writer, "delete", json!({ "object": id })).await?;
    until("deleted", async || to.object(&id).await, |o| o.note.as_ref().is_none_or(|n| n.deleted)).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn fedify_to_bovine() -> Result<()> {
    follow_post_like("fedify", "bovine").await
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn bovine_to_fedify() -> Result<()> {
    follow_post_like("bovine", "fedify").await
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn upub_to_fedify() -> Result<()> {
    follow_post_like("upub", "fedify").await
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn bovine_to_upub() -> Result<()> {
    follow_post_like("bovine", "upub").await
}

async fn people_on_nostr(from: &str, to: &str) -> Result<()> {
    let (from, writer, to, reader) = pair(from, to).await?;
    let draft =
        Draft { text: "hello from a relay".to_owned(), tags: vec!["nostr".to_owned()], ..Draft::default() };
    let id = from.publish(&writer, &draft).await?;
    assert_eq!(to.find(&writer.id, "from a relay").await?, [id.as_str()]);
    to.act(&reader, "follow", json!({ "actor": writer.id })).await?;
    to.act(&reader, "like", json!({ "object": id })).await?;
    let reply = Draft { text: "and back".to_owned(), reply_to: Some(id.clone()), ..Draft::default() };
    let reply = to.publish(&reader, &reply).await?;
    let quote = Draft { text: "as they say".to_owned(), quote: Some(id.clone()), ..Draft::default() };
    let quote = to.publish(&reader, &quote).await?;
    to.act(&reader, "boost", json!({ "object": id })).await?;

    let seen = from.object(&id).await?;
    assert_eq!(
        (&seen.replies, &seen.quotes, &seen.boosts),
        (&vec![reply], &vec![quote], &vec![reader.id.clone()])
    );
    assert_eq!(seen.likes[0].actor, reader.id);
    assert_eq!(from.actor(&writer.id).await?.followers, [reader.id.as_str()]);
    to.act(&reader, "unlike", json!({ "object": id })).await?;
    assert!(from.object(&id).await?.likes.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn nostr_tools_to_nostr_sdk() -> Result<()> {
    people_on_nostr("nostr-tools", "nostr-sdk").await
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn nostr_sdk_to_nostr_tools() -> Result<()> {
    people_on_nostr("nostr-sdk", "nostr-tools").await
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn atproto_with_itself() -> Result<()> {
    let (network, writer, _, reader) = pair("atproto", "atproto").await?;
    network.act(&reader, "follow", json!({ "actor": writer.id })).await?;
    until("follower", async || network.actor(&writer.id).await, |a| a.followers.contains(&reader.id)).await?;
    let draft = Draft {
        text: "hello at".to_owned(),
        cw: Some("graphic-media".to_owned()),
        tags: vec!["at".to_owned()],
        mentions: vec![reader.id.clone()],
        images: vec![DraftImage { alt: "two by two".to_owned() }],
        ..Draft::default()
    };
    let id = network.publish(&writer, &draft).await?;
    let seen = until("post", async || network.object(&id).await, |o| o.note.is_some()).await?;
    let note = seen.note.unwrap();
    assert_eq!((&note.cw, &note.tags), (&draft.cw, &vec!["#at".to_owned()]));
    assert_eq!(note.mentions, [reader.id.as_str()]);
    assert_eq!(note.images[0].alt.as_deref(), Some("two by two"));
    assert_ne!(note.images[0].bytes, Some(0));

    network.act(&reader, "like", json!({ "object": id })).await?;
    network.act(&reader, "boost", json!({ "object": id })).await?;
    let reply = Draft { text: "and back".to_owned(), reply_to: Some(id.clone()), ..Draft::default() };
    let reply = network.publish(&reader, &reply).await?;
    let quote = Draft { text: "as they say".to_owned(), quote: Some(id.clone()), ..Draft::default() };
    let quote = network.publish(&reader, &quote).await?;
    until(
        "all of it",
        async || network.object(&id).await,
        |o| {
            o.likes.len() == 1
                && o.boosts == [reader.id.as_str()]
                && o.replies == [&*reply]
                && o.quotes == [&*quote]
        },
    )
    .await?;
    network.act(&reader, "unlike", json!({ "object": id })).await?;
    network.act(&reader, "unboost", json!({ "object": id })).await?;
    network.act(&reader, "delete", json!({ "object": reply })).await?;
    until(
        "taken back",
        async || network.object(&id).await,
        |o| o.likes.is_empty() && o.boosts.is_empty() && o.replies.is_empty(),
    )
    .await?;
    network.act(&writer, "block", json!({ "actor": reader.id })).await?;
    let between = async || atproto::between(&network, &reader, &writer.id).await;
    until("block", between, |b| b.blocked_by && !b.following).await?;

    // What the verifiers say of a PDS that is certainly right.
    let verified = atproto::verify(&network, &reader.id).await?;
    assert_eq!((&*verified.pds, verified.handle.as_deref()), (atproto::PDS, Some(&*reader.acct)));
    let heard = async || atproto::sent(&network, atproto::PDS).await;
    until("the last commit", heard, |s| s.repos.get(&reader.id).is_some_and(|r| r.rev == verified.rev))
        .await?;
    atproto::nothing_wrong(&network, atproto::PDS).await?;
    Ok(())
}

/// The strict consumer, which later says that nothing is wrong with what Landbridge sends, does say so when something is.
#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn a_changed_commit_is_seen() -> Result<()> {
    let stage = Stage::current()?;
    let network = stage.peer("atproto")?;
    let writer = network.account(&format!("z{}", std::process::id())).await?;
    let mut post = String::new();
    for number in 0..6 {
        let draft = Draft { text: format!("number {number}"), ..Draft::default() };
        post = network.publish(&writer, &draft).await?;
    }
    network.act(&writer, "delete", json!({ "object": post })).await?;
    let last = atproto::verify(&network, &writer.id).await?.rev;

    let installed = servers::installed("atproto")?;
    let app = servers::lay_out(&stage.folder, "atproto-middle", "atproto", &["tamper.mjs", "firehose.mjs"])?;
    servers::link(&installed.join("node_modules"), &app.join("node_modules"))?;
    let mut node = Command::new(installed.join("node_modules/node/bin/node"));
    node.arg(app.join("tamper.mjs")).args([atproto::PDS, atproto::DIRECTORY, &writer.id, &last]);
    let output = node.env("NODE_EXTRA_CA_CERTS", stage.authority()).kill_on_drop(true).output().await?;
    let said = String::from_utf8(output.stdout)?;
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let faults: Vec<(&str, usize)> = said
        .lines()
        .map(|line| line.split_once(' ').map(|(way, count)| (way, count.parse().unwrap())).unwrap())
        .collect();
    assert_eq!(faults.len(), 9, "{faults:?}");
    for (way, count) in faults {
        assert_eq!(count == 0, way == "unchanged", "{way}: {count} faults");
    }
    Ok(())
}
