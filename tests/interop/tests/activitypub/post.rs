//! Create(Note), with a hashtag.

use super::*;

cells!("post");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let status = scene.post_reaches_account("first light over the harbour #dawn", json!({})).await?;
    let note = scene.peer.object(text(&status, "uri")?).await?.note.unwrap();
    assert_eq!(note.author.as_deref(), Some(&*scene.member.actor));
    assert!(note.text.contains("first light over the harbour"), "{note:?}");
    assert!(note.tags.iter().any(|tag| tag.eq_ignore_ascii_case("#dawn")), "{note:?}");
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let draft = Draft { text: "last boat of the day".into(), tags: vec!["dusk".into()], ..Draft::default() };
    let (_, status) = scene.post_reaches_member(&draft).await?;
    assert!(text(&status, "content")?.contains("last boat of the day"), "{status}");
    assert_eq!(status["account"]["acct"], *scene.account.acct);
    assert_eq!(status["visibility"], "public");
    assert_eq!(status["tags"][0]["name"], "dusk", "{status}");
    Ok(())
}
