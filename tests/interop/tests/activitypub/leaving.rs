//! Delete(actor): an account is deleted for good.

use super::*;

cells!("account deletion");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { stage, peer, member, .. } = scene;
    scene.post_reaches_account("my last words", json!({})).await?;
    assert!(!peer.actor(&member.actor).await?.gone);
    stage.landbridge.run(&["account", "delete", &member.name, "--yes"]).await?;
    until("the peer knows", async || peer.actor(&member.actor).await, |a| a.gone).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let (id, status) =
        scene.post_reaches_member(&Draft { text: "so long".into(), ..Draft::default() }).await?;
    peer.act(account, "leave", json!({})).await?;
    until("the post is gone", async || Ok(scene.status(&status).await.is_err()), |gone| *gone).await?;
    assert!(member.at_home(&id).await.is_err());
    let following = member.get(&format!("v1/accounts/{}/following", member.id)).await?;
    assert_eq!(following, json!([]));
    Ok(())
}
