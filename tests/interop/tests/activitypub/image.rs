//! An attached picture with alt text, which the other side can also fetch.

use super::*;
use landbridge_interop::peer::DraftImage;

cells!("image with alt text");

/// Two by two pixels.
const PNG: &[u8] = include_bytes!("picture.png");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let media = scene.member.upload(PNG.to_vec(), "four pixels").await?;
    let status = scene.post_reaches_account("look", json!({ "media_ids": [media] })).await?;
    let note = scene.peer.object(text(&status, "uri")?).await?.note.unwrap();
    assert_eq!(note.images[0].alt.as_deref(), Some("four pixels"));
    assert_ne!(note.images[0].bytes, Some(0), "the peer could not fetch {:?}", note.images[0].url);
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let images = vec![DraftImage { alt: "red and green".to_owned() }];
    let (_, status) =
        scene.post_reaches_member(&Draft { text: "see".into(), images, ..Draft::default() }).await?;
    let seen = until(
        "the picture is there",
        async || scene.status(&status).await,
        |s| s["media_attachments"][0]["url"].is_string(),
    )
    .await?;
    let picture = &seen["media_attachments"][0];
    assert_eq!(picture["description"], "red and green", "{seen}");
    assert_eq!(picture["type"], "image");
    assert!(scene.member.fetch(text(picture, "url")?).await?.starts_with(b"\x89PNG"), "{picture}");
    Ok(())
}
