//! Add to and Remove from `featured`: pinned posts.

use super::*;

cells!("pinned post");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    if peer.name == "upub" {
        // Asked to say so itself.
        peer.act(account, "pin", json!({})).await?;
    }
    let status = scene.post_reaches_account("read this first", json!({})).await?;
    let (uri, path) = (text(&status, "uri")?, format!("v1/statuses/{}", text(&status, "id")?));
    member.post(&format!("{path}/pin"), json!({})).await?;
    let pinned = |a: &landbridge_interop::peer::ActorView| a.pinned.iter().any(|id| id == uri);
    until("the peer has the pin", async || peer.actor(&member.actor).await, pinned).await?;
    member.post(&format!("{path}/unpin"), json!({})).await?;
    until("the pin is taken down", async || peer.actor(&member.actor).await, |a| !pinned(a)).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let (id, status) =
        scene.post_reaches_member(&Draft { text: "the rules".into(), ..Draft::default() }).await?;
    let path = format!("v1/accounts/{}/statuses?pinned=true", text(&status["account"], "id")?);
    let pins = async || member.get(&path).await;
    assert_eq!(pins().await?, json!([]));
    peer.act(account, "pin", json!({ "object": id })).await?;
    until("it is pinned", pins, |all| all[0]["uri"] == *id).await?;
    peer.act(account, "unpin", json!({ "object": id })).await?;
    until("it is not pinned", pins, |all| *all == json!([])).await?;
    Ok(())
}
