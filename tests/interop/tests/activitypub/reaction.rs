//! Emoji reactions: Like with content, EmojiReact, and their Undo.

use super::*;

cells!("emoji reaction");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, .. } = scene;
    let (id, status) =
        scene.post_reaches_member(&Draft { text: "my cat".into(), ..Draft::default() }).await?;
    let path = format!("v1/pleroma/statuses/{}/reactions/🐈", text(&status, "id")?);
    member.put(&path, json!({})).await?;
    let reacted = |o: &landbridge_interop::peer::ObjectView| {
        o.likes.iter().any(|like| like.actor == member.actor && like.emoji.as_deref() == Some("🐈"))
    };
    until("the peer has the reaction", async || peer.object(&id).await, reacted).await?;
    member.delete(&path).await?;
    until("it is taken back", async || peer.object(&id).await, |o| !reacted(o)).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let status = scene.post_reaches_account("our garden", json!({})).await?;
    peer.act(account, "react", json!({ "object": status["uri"], "emoji": "🌻" })).await?;
    let told = async || member.notification("favourite", &account.acct).await;
    let told = until("the member is told", told, |_| true).await?;
    assert_eq!((&told["emoji"], &told["status"]["id"]), (&json!("🌻"), &status["id"]), "{told}");
    assert_eq!(scene.status(&status).await?["favourites_count"], 1);
    peer.act(account, "unlike", json!({ "object": status["uri"] })).await?;
    until("it is taken back", async || scene.status(&status).await, |s| s["favourites_count"] == 0).await?;
    Ok(())
}
