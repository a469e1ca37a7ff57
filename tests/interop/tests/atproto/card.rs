//! app.bsky.embed.external: the author's side says what the linked page is; the AppView shows the picture as it fetched it.

use super::*;
use landbridge_interop::peer::Card;

cells!("link card");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let url = format!("{}/dots", atproto::PAGES);
    let (status, uri) = scene.member_posts(&format!("worth reading {url}"), json!({})).await?;
    let card = scene.note(&uri).await?.card.context("no card")?;
    assert_eq!((&*card.uri, &*card.title), (&*url, "Vier Punkte & mehr"));
    assert_eq!(card.description, "Für Freunde der Möwen");
    let thumb = card.thumb.context("no picture")?;
    assert_ne!(thumb.bytes, Some(0), "the AppView could not fetch the picture: {thumb:?}");
    // The same card for apps of the Mastodon API, the picture through the member's own server.
    let seen = scene.until_status("the card is there", &status, |s| s["card"].is_object()).await?;
    assert_eq!((&seen["card"]["url"], &seen["card"]["title"]), (&json!(url), &json!("Vier Punkte & mehr")));
    let picture = scene.member.fetch(text(&seen["card"], "image")?).await?;
    assert!(picture.starts_with(b"\x89PNG"), "{seen}");
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let page = Card {
        uri: "https://elsewhere.example.org/shells".into(),
        title: "Shells".into(),
        description: "found at low tide".into(),
        thumb: None,
    };
    let (_, status) = scene.person_posts(&Draft { card: Some(page.clone()), ..draft("see these") }).await?;
    let card = &status["card"];
    assert_eq!((&card["url"], &card["title"]), (&json!(page.uri), &json!(page.title)), "{status}");
    assert_eq!(card["description"], "found at low tide");
    assert!(!text(&status, "content")?.contains("shells"), "{status}");
    assert!(scene.member.fetch(text(card, "image")?).await?.starts_with(b"\x89PNG"), "{card}");
    Ok(())
}
