//! app.bsky.feed.like.

use super::*;

cells!("like");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let (uri, status) = scene.person_posts(&draft("worth a like")).await?;
    let path = format!("v1/statuses/{}", text(&status, "id")?);
    scene.member.post(&format!("{path}/favourite"), json!({})).await?;
    scene.until_object("the like is there", &uri, |o| o.likes.iter().any(|l| l.actor == scene.did)).await?;
    assert_eq!(scene.person_told("like").await?.about.as_deref(), Some(&*uri));
    scene.member.post(&format!("{path}/unfavourite"), json!({})).await?;
    scene.until_object("the like is taken back", &uri, |o| o.likes.is_empty()).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let (status, uri) = scene.member_posts("like me", json!({})).await?;
    scene.network.act(&scene.person, "like", json!({ "object": uri })).await?;
    scene.until_status("it is counted", &status, |s| s["favourites_count"] == 1).await?;
    assert_eq!(scene.told("favourite").await?["status"]["id"], status["id"]);
    scene.network.act(&scene.person, "unlike", json!({ "object": uri })).await?;
    scene.until_status("it is not counted", &status, |s| s["favourites_count"] == 0).await?;
    Ok(())
}
