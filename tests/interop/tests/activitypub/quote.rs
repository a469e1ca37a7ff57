//! Quotes: FEP-044f with its request and stamp where the peer knows it, and the older ways (`quoteUrl`, FEP-e232).

use super::*;

cells!("quote");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, .. } = scene;
    scene.followed_by_account().await?;
    let (id, status) =
        scene.post_reaches_member(&Draft { text: "words to weigh".into(), ..Draft::default() }).await?;
    let quote = member.publish("well said", json!({ "quoted_status_id": status["id"] })).await?;
    let uri = text(&quote, "uri")?;
    let quotes_it = |o: &landbridge_interop::peer::ObjectView| {
        o.note.as_ref().is_some_and(|note| note.quote.as_deref() == Some(&*id))
    };
    until("the peer has the quote", async || peer.object(uri).await, quotes_it).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    scene.follows_account().await?;
    let status = scene.post_reaches_account("quote me on this", json!({})).await?;
    let draft =
        Draft { text: "quoting".into(), quote: Some(text(&status, "uri")?.into()), ..Draft::default() };
    let id = peer.publish(account, &draft).await?;
    let seen = async || member.at_home(&id).await;
    until("the member sees what is quoted", seen, |s| s["quote"]["quoted_status"]["id"] == status["id"])
        .await?;
    Ok(())
}
