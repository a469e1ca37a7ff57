//! Create(Note) with `inReplyTo`.

use super::*;

cells!("reply");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let (id, parent) =
        scene.post_reaches_member(&Draft { text: "who is coming?".into(), ..Draft::default() }).await?;
    let reply = scene.member.publish("me!", json!({ "in_reply_to_id": text(&parent, "id")? })).await?;
    let uri = text(&reply, "uri")?;
    let seen =
        until("the peer has the reply", async || scene.peer.object(uri).await, |o| o.note.is_some()).await?;
    assert_eq!(seen.note.unwrap().reply_to.as_deref(), Some(&*id));
    until(
        "the parent lists it",
        async || scene.peer.object(&id).await,
        |o| o.replies.iter().any(|r| r == uri),
    )
    .await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let parent = scene.post_reaches_account("what shall we sing?", json!({})).await?;
    let draft =
        Draft { text: "a shanty".into(), reply_to: Some(text(&parent, "uri")?.into()), ..Draft::default() };
    let id = peer.publish(account, &draft).await?;
    let thread = async || member.get(&format!("v1/statuses/{}/context", text(&parent, "id")?)).await;
    let thread = until("the reply is in the thread", thread, |t| t["descendants"][0]["uri"] == *id).await?;
    assert_eq!(thread["descendants"][0]["in_reply_to_id"], parent["id"]);
    let told = member.notification("mention", &account.acct).await?;
    assert_eq!(told["status"]["uri"], *id);
    Ok(())
}
