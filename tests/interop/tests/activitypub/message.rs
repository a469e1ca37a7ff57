//! A private message: a note to those named alone, read as a conversation.

use super::*;

cells!("private message");

/// The member's conversations.
async fn conversations(scene: &Scene) -> Result<Value> {
    scene.member.get("v1/conversations").await
}

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    member.find_account(&account.acct).await?;
    let words = format!("@{} for you alone", account.acct);
    let status = member.publish(&words, json!({ "visibility": "direct" })).await?;
    let uri = text(&status, "uri")?;
    let seen = until("the peer has it", async || peer.object(uri).await, |o| o.note.is_some()).await?;
    assert_eq!(seen.note.unwrap().mentions, [account.id.as_str()]);
    let all = conversations(scene).await?;
    assert_eq!((&all[0]["unread"], &all[0]["last_status"]["id"]), (&json!(false), &status["id"]), "{all}");
    assert_eq!(all[0]["landbridge"]["secrecy"], "server-readable");
    let path = format!("landbridge/v1/conversations/{}", text(&all[0], "id")?);
    let state = async || member.get(&path).await;
    until("it is accepted", state, |c| c["messages"][0]["state"] == "accepted").await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let draft = Draft {
        text: "for you alone".into(),
        mentions: vec![member.actor.clone()],
        to: Some("direct"),
        ..Draft::default()
    };
    let id = peer.publish(account, &draft).await?;
    // Whoever is new here is asked about first.
    let requests = async || member.get("v1/notifications/requests").await;
    let shown = until("it waits", requests, |all| all[0]["notifications_count"] == "1").await?;
    assert_eq!(conversations(scene).await?, json!([]));
    member.post(&format!("v1/notifications/requests/{}/accept", text(&shown[0], "id")?), json!({})).await?;
    let all = conversations(scene).await?;
    assert_eq!(all[0]["last_status"]["uri"], *id, "{all}");
    assert_eq!((&all[0]["unread"], &all[0]["last_status"]["visibility"]), (&json!(true), &json!("direct")));
    // The answer stays in it, on both sides.
    let parent = &all[0]["last_status"]["id"];
    let words = format!("@{} and for you", account.acct);
    let answer = member.publish(&words, json!({ "visibility": "direct", "in_reply_to_id": parent })).await?;
    let uri = text(&answer, "uri")?;
    let seen =
        until("the peer has the answer", async || peer.object(uri).await, |o| o.note.is_some()).await?;
    assert_eq!(seen.note.unwrap().reply_to.as_deref(), Some(&*id));
    let after = conversations(scene).await?;
    assert_eq!(after.as_array().map(Vec::len), Some(1), "{after}");
    assert_eq!(after[0]["last_status"]["id"], answer["id"]);
    Ok(())
}
