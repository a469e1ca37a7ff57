//! Follow, Accept, Undo(Follow).

use super::*;

cells!("follow");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let id = scene.follows_account().await?;
    let followers = async || peer.actor(&account.id).await;
    until("the peer counts the member", followers, |a| a.followers.contains(&member.actor)).await?;
    member.post(&format!("v1/accounts/{id}/unfollow"), json!({})).await?;
    until("the peer lets the member go", followers, |a| !a.followers.contains(&member.actor)).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    scene.followed_by_account().await?;
    member.notification("follow", &account.acct).await?;
    let followers = async || member.get(&format!("v1/accounts/{}/followers", member.id)).await;
    let is_there =
        |all: &Value| all.as_array().is_some_and(|all| all.iter().any(|f| f["acct"] == *account.acct));
    until("the member has the follower", followers, is_there).await?;
    peer.act(account, "unfollow", json!({ "actor": member.actor })).await?;
    until("the follower has gone", followers, |all| !is_there(all)).await?;
    Ok(())
}
