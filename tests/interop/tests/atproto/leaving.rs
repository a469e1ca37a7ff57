//! An account that goes: deleted here, deactivated there.

use super::*;

cells!("account deletion");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { stage, network, member, did, .. } = scene;
    let (_, uri) = scene.member_posts("my last words", json!({})).await?;
    stage.landbridge.run(&["account", "delete", &member.name, "--yes"]).await?;
    until("the AppView knows", async || network.actor(did).await, |a| a.gone).await?;
    scene.until_object("the posts are gone", &uri, |o| o.note.is_none()).await?;
    assert!(atproto::verify(network, did).await.is_err(), "the repository is still handed out");
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let (_, status) = scene.person_posts(&draft("so long")).await?;
    scene.network.act(&scene.person, "leave", json!({})).await?;
    let path = format!("v1/statuses/{}", text(&status, "id")?);
    until("the post is hidden", async || Ok(scene.member.get(&path).await.is_err()), |gone| *gone).await?;
    Ok(())
}
