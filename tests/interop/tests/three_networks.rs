//! One post, and a conversation under it that spans three networks; and private conversations on several, in one list.

#![allow(clippy::unwrap_used, reason = "a test may")]

use anyhow::{Context, Result};
use landbridge_interop::{
    atproto,
    member::{Member, text},
    peer::{Account, Draft, Peer},
    stage::Stage,
    wait::until,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Somebody elsewhere, and the address that the member's post has there.
struct Reader {
    peer: Peer,
    account: Account,
    post: String,
}

impl Reader {
    async fn answers(&self, words: &str) -> Result<String> {
        let reply_to = Some(self.post.clone());
        let draft = Draft { text: words.to_owned(), reply_to, ..Draft::default() };
        self.peer.publish(&self.account, &draft).await
    }
}

/// The member writes one post; people on ActivityPub, Nostr and AT Protocol answer; the member reads the three answers in
/// one thread, is told of each, answers each, and each answer goes where its parent is.
#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn one_thread() -> Result<()> {
    let stage = Stage::current()?;
    let name = format!("{:x}", std::process::id());
    let member = stage.member(&format!("t{name}")).await?;
    let status = member.publish("who else is up?", json!({})).await?;
    let readers = [
        on_activitypub(&stage, &status).await?,
        on_nostr(&stage, &member).await?,
        on_atproto(&stage, &member).await?,
    ];
    let words = ["a lamp on ActivityPub", "a lamp on Nostr", "a lamp on AT"];
    for (reader, words) in readers.iter().zip(words) {
        reader.answers(words).await?;
    }

    let context = format!("v1/statuses/{}/context", text(&status, "id")?);
    let thread = async || member.get(&context).await;
    let all_here = |thread: &Value| words.iter().all(|words| thread.to_string().contains(words));
    let thread = until("the three answers are in one thread", thread, all_here).await?;
    let answers = thread["descendants"].as_array().context("no descendants")?;
    assert_eq!(answers.len(), 3, "each answer once: {thread}");
    assert!(answers.iter().all(|answer| answer["in_reply_to_id"] == status["id"]), "{thread}");
    let authors: BTreeSet<_> =
        answers.iter().filter_map(|answer| answer["account"]["acct"].as_str()).collect();
    assert_eq!(authors.len(), 3, "{authors:?}");
    for author in authors {
        until("the member is told", async || member.notification("mention", author).await, |_| true).await?;
    }

    // A word back goes to the network that its parent is on, and to no other.
    for (number, answer) in answers.iter().enumerate() {
        let back = format!("good morning number {number}");
        member.publish(&back, json!({ "in_reply_to_id": answer["id"] })).await?;
    }
    let key = member.nostr_key().await?;
    let nostr = async || readers[1].peer.find(&key, "good morning").await;
    until("one word back on Nostr", nostr, |ids| ids.len() == 1).await?;
    let did = did_of(&readers[2].peer, &member).await?;
    let at = async || readers[2].peer.find(&did, "good morning").await;
    until("one word back on AT", at, |ids| ids.len() == 1).await?;
    Ok(())
}

/// The member writes in private to somebody on a server of ActivityPub and to somebody with a Nostr app; both answer; the two
/// conversations stand in one list, each with who can read it.
#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn one_list_of_private_conversations() -> Result<()> {
    let stage = Stage::current()?;
    let name = format!("p{:x}", std::process::id());
    let member = stage.member(&name).await?;
    let key = until("the member has a key", async || member.nostr_key().await, |_| true).await?;

    let on_server = stage.peer("fedify")?;
    let there = on_server.account(&name).await?;
    member.find_account(&there.acct).await?;
    let words = format!("@{} between servers", there.acct);
    let written = member.publish(&words, json!({ "visibility": "direct" })).await?;
    let uri = text(&written, "uri")?.to_owned();
    until("the server has it", async || on_server.object(&uri).await, |o| o.note.is_some()).await?;
    let answer = Draft {
        text: "heard on the server".into(),
        mentions: vec![member.actor.clone()],
        to: Some("direct"),
        reply_to: Some(uri),
        ..Draft::default()
    };
    on_server.publish(&there, &answer).await?;

    let with_app = stage.peer("nostr-tools")?;
    let person = with_app.account(&name).await?;
    let account = member.find_account(&person.acct).await?;
    let words = format!("@{} between keys", text(&account, "acct")?);
    member.publish(&words, json!({ "visibility": "direct" })).await?;
    let opened = async || with_app.messages(&person).await;
    let all = until("the app can open it", opened, |all| all.len() == 1).await?;
    let answer = json!({ "text": "heard in the app", "to": [key], "reply_to": all[0].id });
    with_app.act(&person, "message", answer).await?;

    let list = async || member.get("v1/conversations").await;
    let last = |list: &Value, words: &str| {
        let all = list.as_array().into_iter().flatten();
        let mut found =
            all.filter(|one| one["last_status"]["content"].as_str().is_some_and(|c| c.contains(words)));
        found.next().cloned()
    };
    let both = |list: &Value| {
        ["heard on the server", "heard in the app"].iter().all(|words| last(list, words).is_some())
    };
    let list = until("both answers are in one list", list, both).await?;
    assert_eq!(list.as_array().map(Vec::len), Some(2), "{list}");
    for (words, network, secrecy) in [
        ("heard on the server", "activitypub", "server-readable"),
        ("heard in the app", "nostr", "server-held-keys"),
    ] {
        let ours = &last(&list, words).context("no conversation")?["landbridge"];
        assert_eq!((&ours["network"], &ours["secrecy"]), (&json!(network), &json!(secrecy)), "{ours}");
    }
    Ok(())
}

async fn on_activitypub(stage: &Stage, status: &Value) -> Result<Reader> {
    let peer = stage.peer("fedify")?;
    let account = peer.account(&format!("t{:x}", std::process::id())).await?;
    // By its address: the post is older than any follow.
    Ok(Reader { peer, account, post: text(status, "uri")?.to_owned() })
}

async fn on_nostr(stage: &Stage, member: &Member) -> Result<Reader> {
    let peer = stage.peer("nostr-tools")?;
    let account = peer.account(&format!("t{:x}", std::process::id())).await?;
    let key = until("the member has a key", async || member.nostr_key().await, |_| true).await?;
    let post = only(async || peer.find(&key, "who else is up?").await).await?;
    Ok(Reader { peer, account, post })
}

async fn on_atproto(stage: &Stage, member: &Member) -> Result<Reader> {
    let peer = stage.peer("atproto")?;
    let account = peer.account(&format!("t{:x}", std::process::id())).await?;
    let did = did_of(&peer, member).await?;
    let post = only(async || peer.find(&did, "who else is up?").await).await?;
    Ok(Reader { peer, account, post })
}

async fn only(found: impl AsyncFnMut() -> Result<Vec<String>>) -> Result<String> {
    let found = until("the post has an address", found, |ids| ids.len() == 1).await?;
    found.into_iter().next().context("no post")
}

async fn did_of(network: &Peer, member: &Member) -> Result<String> {
    let handle = format!("{}.{}", member.name, atproto::handles_of("lb.example"));
    let seen = async || network.actor(&handle).await?.profile.context("unknown");
    Ok(until("the AppView knows the member", seen, |_| true).await?.did)
}
