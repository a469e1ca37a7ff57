//! Block, Undo(Block).

use super::*;

cells!("block");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    if peer.name == "upub" {
        // Asked to say so itself: it refuses activities of this type.
        peer.act(account, "block", json!({ "actor": member.actor })).await?;
    }
    scene.followed_by_account().await?;
    let found = member.find_account(&account.acct).await?;
    let path = format!("v1/accounts/{}", text(&found, "id")?);
    member.post(&format!("{path}/block"), json!({})).await?;
    let blocked = |a: &landbridge_interop::peer::ActorView| a.blocked_by.contains(&member.actor);
    until("the peer is told", async || peer.actor(&account.id).await, blocked).await?;
    let followers = member.get(&format!("v1/accounts/{}/followers", member.id)).await?;
    assert_eq!(followers, json!([]));
    member.post(&format!("{path}/unblock"), json!({})).await?;
    until("the peer is told that it is over", async || peer.actor(&account.id).await, |a| !blocked(a))
        .await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let id = scene.follows_account().await?;
    peer.act(account, "block", json!({ "actor": member.actor })).await?;
    let relation = async || member.relationship(&id).await;
    until("the member's follow has ended", relation, |r| r["blocked_by"] == true && r["following"] == false)
        .await?;
    peer.act(account, "unblock", json!({ "actor": member.actor })).await?;
    until("the block is over", relation, |r| r["blocked_by"] == false).await?;
    Ok(())
}
