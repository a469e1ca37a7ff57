//! Delete(Note), Delete(Tombstone).

use super::*;

cells!("delete");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let status = scene.post_reaches_account("said too much", json!({})).await?;
    scene.member.delete(&format!("v1/statuses/{}", text(&status, "id")?)).await?;
    let uri = text(&status, "uri")?;
    until(
        "the peer has dropped it",
        async || scene.peer.object(uri).await,
        |o| o.note.as_ref().is_none_or(|note| note.deleted),
    )
    .await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let (id, status) =
        scene.post_reaches_member(&Draft { text: "forget this".into(), ..Draft::default() }).await?;
    scene.peer.act(&scene.account, "delete", json!({ "object": id })).await?;
    until("it is gone", async || Ok(scene.status(&status).await.is_err()), |gone| *gone).await?;
    assert!(scene.member.at_home(&id).await.is_err());
    Ok(())
}
