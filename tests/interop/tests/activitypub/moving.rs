//! Move: an account leaves for another one, and whoever followed it follows along.

use super::*;

cells!("account move");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { stage, peer, member, account } = scene;
    if peer.name == "upub" {
        // Asked to say so itself.
        peer.act(account, "move", json!({ "target": member.actor })).await?;
    }
    scene.followed_by_account().await?;
    let refused = stage.landbridge.run(&["account", "move", &member.name, &account.acct]).await;
    assert!(refused.is_err(), "the other account does not name the member");

    let home = peer.alias_account(&format!("h{:x}", std::process::id()), &member.actor).await?;
    stage.landbridge.run(&["account", "move", &member.name, &home.acct]).await?;
    let told = |a: &landbridge_interop::peer::ActorView| a.moves.iter().any(|m| m["target"] == *home.id);
    until("the peer is told", async || peer.actor(&member.actor).await, told).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    if peer.name == "upub" {
        peer.act(account, "move", json!({ "target": member.actor })).await?;
    }
    let old = scene.follows_account().await?;
    let home = peer.alias_account(&format!("h{:x}", std::process::id()), &account.id).await?;
    let new = member.find_account(&home.acct).await?;
    let new = text(&new, "id")?;
    peer.act(account, "move", json!({ "target": home.id })).await?;
    until("the member follows along", async || member.relationship(new).await, |r| r["following"] == true)
        .await?;
    until(
        "and no longer the old account",
        async || member.relationship(&old).await,
        |r| r["following"] == false,
    )
    .await?;
    let counted = |a: &landbridge_interop::peer::ActorView| a.followers.contains(&member.actor);
    until("the peer counts the member there", async || peer.actor(&home.id).await, counted).await?;
    until("and not here", async || peer.actor(&account.id).await, |a| !counted(a)).await?;
    let moved = member.get(&format!("v1/accounts/{old}")).await?;
    assert_eq!(moved["moved"]["acct"], *home.acct, "{moved}");
    Ok(())
}
