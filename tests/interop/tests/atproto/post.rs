//! app.bsky.feed.post, with facets: byte ranges, which text before them that is not ASCII moves.

use super::*;

cells!("post");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let words = "löschpapier 🐘 on the pier #night https://example.org/pier";
    let (_, uri) = scene.member_posts(words, json!({ "language": "de" })).await?;
    let note = scene.note(&uri).await?;
    assert_eq!(note.author.as_deref(), Some(&*scene.did));
    assert_eq!(note.text, words);
    assert_eq!(note.tags, ["#night"]);
    assert_eq!(note.links, ["https://example.org/pier"]);
    assert_eq!(note.langs, ["de"]);
    let none = json!({ "visibility": "private" });
    scene.member.publish("for followers only", none).await?;
    // Whatever comes after it shows that it was left out.
    scene.member_posts("for everybody", json!({})).await?;
    assert!(scene.network.find(&scene.did, "for followers").await?.is_empty());
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let words =
        Draft { tags: vec!["morning".to_owned()], ..draft("möwen 🐘 again https://example.org/x") };
    let (uri, status) = scene.person_posts(&words).await?;
    assert_eq!(status["visibility"], "public");
    assert_eq!(status["language"], "en");
    assert_eq!(status["tags"][0]["name"], "morning", "{status}");
    let content = text(&status, "content")?;
    assert!(content.contains("href=\"https://example.org/x\""), "{content}");
    // The same post by its address.
    assert_eq!(scene.member.find_status(&uri).await?["id"], status["id"]);
    Ok(())
}
