//! Announce, Undo(Announce).

use super::*;

cells!("boost");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, .. } = scene;
    let (id, status) =
        scene.post_reaches_member(&Draft { text: "pass it on".into(), ..Draft::default() }).await?;
    let path = format!("v1/statuses/{}", text(&status, "id")?);
    member.post(&format!("{path}/reblog"), json!({})).await?;
    let boosted = |o: &landbridge_interop::peer::ObjectView| o.boosts.contains(&member.actor);
    until("the peer has the boost", async || peer.object(&id).await, boosted).await?;
    member.post(&format!("{path}/unreblog"), json!({})).await?;
    until("the boost is taken back", async || peer.object(&id).await, |o| !boosted(o)).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let status = scene.post_reaches_account("boost this", json!({})).await?;
    let object = json!({ "object": status["uri"] });
    peer.act(account, "boost", object.clone()).await?;
    until("it is counted", async || scene.status(&status).await, |s| s["reblogs_count"] == 1).await?;
    let told = member.notification("reblog", &account.acct).await?;
    assert_eq!(told["status"]["id"], status["id"]);
    peer.act(account, "unboost", object).await?;
    until("it is not counted", async || scene.status(&status).await, |s| s["reblogs_count"] == 0).await?;
    Ok(())
}
