//! Like, Undo(Like).

use super::*;

cells!("like");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, .. } = scene;
    let (id, status) =
        scene.post_reaches_member(&Draft { text: "a good one".into(), ..Draft::default() }).await?;
    let path = format!("v1/statuses/{}", text(&status, "id")?);
    member.post(&format!("{path}/favourite"), json!({})).await?;
    let liked = |o: &_| likers(o).any(|actor| actor == member.actor);
    until("the peer has the like", async || peer.object(&id).await, liked).await?;
    member.post(&format!("{path}/unfavourite"), json!({})).await?;
    until("the like is taken back", async || peer.object(&id).await, |o| !liked(o)).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let status = scene.post_reaches_account("like this", json!({})).await?;
    let object = json!({ "object": status["uri"] });
    peer.act(account, "like", object.clone()).await?;
    until("it is counted", async || scene.status(&status).await, |s| s["favourites_count"] == 1).await?;
    let told = member.notification("favourite", &account.acct).await?;
    assert_eq!(told["status"]["id"], status["id"]);
    peer.act(account, "unlike", object).await?;
    until("it is not counted", async || scene.status(&status).await, |s| s["favourites_count"] == 0).await?;
    Ok(())
}

fn likers(object: &landbridge_interop::peer::ObjectView) -> impl Iterator<Item = &str> {
    object.likes.iter().map(|like| &*like.actor)
}
