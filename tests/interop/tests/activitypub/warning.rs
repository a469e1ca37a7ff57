//! A content warning: `summary` with `sensitive`.

use super::*;

cells!("content warning");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let status = scene.post_reaches_account("he did it", json!({ "spoiler_text": "the ending" })).await?;
    let note = scene.peer.object(text(&status, "uri")?).await?.note.unwrap();
    assert_eq!(note.cw.as_deref(), Some("the ending"));
    assert!(note.text.contains("he did it"), "{note:?}");
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let draft = Draft { text: "boo".into(), cw: Some("ghosts".into()), ..Draft::default() };
    let (_, status) = scene.post_reaches_member(&draft).await?;
    assert_eq!(status["spoiler_text"], "ghosts");
    assert_eq!(status["sensitive"], true);
    Ok(())
}
