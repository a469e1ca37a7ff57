//! app.bsky.embed.record.

use super::*;

cells!("quote");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let (uri, status) = scene.person_posts(&draft("words to weigh")).await?;
    scene.member.publish("well said", json!({ "quoted_status_id": status["id"] })).await?;
    let quote = scene.found("well said").await?;
    assert_eq!(scene.note(&quote).await?.quote.as_deref(), Some(&*uri));
    scene.until_object("the quote is known", &uri, |o| o.quotes == [&*quote]).await?;
    assert_eq!(scene.person_told("quote").await?.uri, quote);
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    scene.member_follows().await?;
    let (status, uri) = scene.member_posts("quote me", json!({})).await?;
    scene.network.publish(&scene.person, &Draft { quote: Some(uri), ..draft("heard today") }).await?;
    let seen = async || scene.at_home("heard today").await;
    until("the quoted post is shown", seen, |s| s["quote"]["quoted_status"]["id"] == status["id"]).await?;
    scene.told("quote").await?;
    Ok(())
}
