//! Notes as many servers write them (<https://funfedi.dev>): all are taken, and each can be read afterwards.

use anyhow::{Context, Result};
use landbridge_interop::{member::text, stage::Stage, wait::until};
use serde_json::{Value, json};

/// Makes a test of each category.
macro_rules! categories {
    ($($category:ident),* $(,)?) => { $(
        #[tokio::test]
        #[ignore = "needs real peers: cargo xtask test"]
        async fn $category() -> Result<()> {
            all_are_taken(stringify!($category)).await
        }
    )* };
}

categories! {
    attachments, attributed_to, content_warnings, context, hashtags, html_tags, image_attachments, in_reply_to,
    language, mentions, object_types, public_addressing, quotes, url,
}

/// Objects that are taken politely, and are nothing to read.
const NO_POSTS: [&str; 4] = ["Place", "Profile", "Relationship", "Tombstone"];

async fn all_are_taken(category: &str) -> Result<()> {
    let stage = Stage::current()?;
    let member = stage.member(&format!("g{:x}", std::process::id())).await?;
    let pasture = stage.peer("pasture")?;
    let found = async || member.find_account("actor@pasture.example").await;
    let actor = until("the pasture's actor is found", found, |_| true).await?;
    let path = format!("v1/accounts/{}/follow", text(&actor, "id")?);
    member.post(&path, json!({})).await?;
    let follow = async || member.relationship(text(&actor, "id")?).await;
    until("the follow is accepted", follow, |r| r["following"] == true).await?;

    let answer = pasture.order("/send", &json!({ "category": category, "to": member.actor })).await?;
    let sent = answer["sent"].as_array().context("nothing sent")?;
    let mut lost = Vec::new();
    for note in sent {
        let taken = note["status"].as_u64().is_some_and(|status| (200..300).contains(&status));
        let kind = note["example"].get("type");
        let is_post = kind.is_none_or(|kind| kind.as_str().is_some_and(|kind| !NO_POSTS.contains(&kind)));
        if !taken || (is_post && !can_be_read(&member, note).await) {
            lost.push(note);
        }
    }
    assert!(lost.is_empty(), "{} of {} notes lost: {lost:#?}", lost.len(), sent.len());
    Ok(())
}

async fn can_be_read(member: &landbridge_interop::member::Member, note: &Value) -> bool {
    let Some(id) = note["id"].as_str() else { return false };
    until("the note", async || member.find_status(id).await, |status| status["uri"] == id).await.is_ok()
}
