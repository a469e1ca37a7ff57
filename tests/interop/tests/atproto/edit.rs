//! A changed post: the official app has no such thing, but a record can be put anew, and the AppView shows that.

use super::*;

cells!("edit");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let (status, _) = scene.member_posts("teh first try", json!({})).await?;
    let path = format!("v1/statuses/{}", text(&status, "id")?);
    scene.member.put(&path, json!({ "status": "the second try" })).await?;
    scene.found("the second try").await?;
    assert!(scene.network.find(&scene.did, "teh first try").await?.is_empty());
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let (uri, status) = scene.person_posts(&draft("frist")).await?;
    let words = json!({ "object": uri, "text": "first, corrected" });
    scene.network.act(&scene.person, "edit", words).await?;
    let corrected = |s: &Value| s["content"].as_str().is_some_and(|text| text.contains("first, corrected"));
    let seen = scene.until_status("the correction is seen", &status, corrected).await?;
    assert!(seen["edited_at"].is_string(), "{seen}");
    Ok(())
}
