//! app.bsky.embed.images: the AppView fetches the blob from the PDS and shows what it made of it.

use super::*;
use landbridge_interop::peer::DraftImage;

cells!("image with alt text");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let picture = include_bytes!("../activitypub/picture.png").to_vec();
    let media = scene.member.upload(picture, "four dots").await?;
    let (_, uri) = scene.member_posts("dots", json!({ "media_ids": [media] })).await?;
    let note = scene.note(&uri).await?;
    assert_eq!(note.images[0].alt.as_deref(), Some("four dots"));
    assert_ne!(note.images[0].bytes, Some(0), "the AppView could not fetch the blob: {note:?}");
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let images = vec![DraftImage { alt: "a bright square".to_owned() }];
    let (_, status) = scene.person_posts(&Draft { images, ..draft("shine") }).await?;
    let there = |s: &Value| s["media_attachments"][0]["url"].is_string();
    let seen = scene.until_status("the picture is there", &status, there).await?;
    let picture = &seen["media_attachments"][0];
    assert_eq!((&picture["type"], &picture["description"]), (&json!("image"), &json!("a bright square")));
    assert!(scene.member.fetch(text(picture, "url")?).await?.starts_with(b"\x89PNG"), "{picture}");
    Ok(())
}
