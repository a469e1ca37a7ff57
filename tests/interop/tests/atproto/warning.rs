//! A warning: AT has labels in place of words, so the words come first in the text.

use super::*;

cells!("content warning");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let further = json!({ "spoiler_text": "the plot", "sensitive": true });
    let (_, uri) = scene.member_posts("it was the cook", further).await?;
    let note = scene.note(&uri).await?;
    assert!(note.cw.is_some(), "no label of its own: {note:?}");
    assert!(note.text.lines().next().is_some_and(|line| line.contains("the plot")), "{note:?}");
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let words = Draft { cw: Some("graphic-media".to_owned()), ..draft("looking down") };
    let (_, status) = scene.person_posts(&words).await?;
    assert_eq!(status["sensitive"], true, "{status}");
    assert_ne!(status["spoiler_text"], "", "{status}");
    Ok(())
}
