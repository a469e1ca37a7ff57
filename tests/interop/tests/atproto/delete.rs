//! A record that is deleted, and is then in the repository no more.

use super::*;

cells!("delete");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let (status, uri) = scene.member_posts("said too soon", json!({})).await?;
    scene.member.delete(&format!("v1/statuses/{}", text(&status, "id")?)).await?;
    scene.until_object("the post is gone", &uri, |o| o.note.is_none()).await?;
    let path = uri.strip_prefix(&format!("at://{}/", scene.did)).context("an address")?;
    let verified = atproto::verify(&scene.network, &scene.did).await?;
    assert!(!verified.records.contains_key(path), "{verified:?}");
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let (uri, status) = scene.person_posts(&draft("never mind this")).await?;
    scene.network.act(&scene.person, "delete", json!({ "object": uri })).await?;
    let path = format!("v1/statuses/{}", text(&status, "id")?);
    until("it is gone", async || Ok(scene.member.get(&path).await.is_err()), |gone| *gone).await?;
    assert!(scene.at_home("never mind this").await.is_err());
    Ok(())
}
