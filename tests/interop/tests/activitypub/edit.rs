//! Update(Note).

use super::*;

cells!("edit");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let status = scene.post_reaches_account("teh first try", json!({})).await?;
    scene
        .member
        .put(&format!("v1/statuses/{}", text(&status, "id")?), json!({ "status": "the second try" }))
        .await?;
    let uri = text(&status, "uri")?;
    let corrected = |o: &landbridge_interop::peer::ObjectView| {
        o.note.as_ref().is_some_and(|note| note.text.contains("the second try"))
    };
    until("the peer has the correction", async || scene.peer.object(uri).await, corrected).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let (id, status) = scene.post_reaches_member(&Draft { text: "frist".into(), ..Draft::default() }).await?;
    scene.peer.act(&scene.account, "edit", json!({ "object": id, "text": "first, corrected" })).await?;
    let corrected =
        |s: &Value| s["content"].as_str().is_some_and(|content| content.contains("first, corrected"));
    let seen = until("the correction is seen", async || scene.status(&status).await, corrected).await?;
    assert!(seen["edited_at"].is_string(), "{seen}");
    Ok(())
}
