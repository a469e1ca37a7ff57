//! app.bsky.feed.repost.

use super::*;

cells!("repost");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let (uri, status) = scene.person_posts(&draft("worth a repost")).await?;
    let path = format!("v1/statuses/{}", text(&status, "id")?);
    scene.member.post(&format!("{path}/reblog"), json!({})).await?;
    scene.until_object("the repost is there", &uri, |o| o.boosts == [&*scene.did]).await?;
    assert_eq!(scene.person_told("repost").await?.about.as_deref(), Some(&*uri));
    scene.member.post(&format!("{path}/unreblog"), json!({})).await?;
    scene.until_object("the repost is taken back", &uri, |o| o.boosts.is_empty()).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let (status, uri) = scene.member_posts("repost me", json!({})).await?;
    scene.network.act(&scene.person, "boost", json!({ "object": uri })).await?;
    scene.until_status("it is counted", &status, |s| s["reblogs_count"] == 1).await?;
    assert_eq!(scene.told("reblog").await?["status"]["id"], status["id"]);
    scene.network.act(&scene.person, "unboost", json!({ "object": uri })).await?;
    scene.until_status("it is not counted", &status, |s| s["reblogs_count"] == 0).await?;
    Ok(())
}
