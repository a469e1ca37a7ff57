//! A first contact that the member is asked about: what is held, let in, and declined.

use super::*;

cells!("first contact", fedify);

/// A request to follow that the member declines, and one that comes again.
async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    member.put("landbridge/v1/contacts/rules", json!({ "follows": "hold" })).await?;
    let asks = || peer.act(account, "follow", json!({ "actor": member.actor }));
    asks().await?;
    let requests = async || member.get("landbridge/v1/contacts").await;
    let shown = until("the member is asked", requests, |all| all[0]["scope"] == "follow").await?;
    member.post(&format!("landbridge/v1/contacts/{}/decline", text(&shown[0], "id")?), json!({})).await?;
    asks().await?;
    // What came later in the same queue has arrived, and the member was not asked again.
    let draft = Draft { text: "and now?".into(), mentions: vec![member.actor.clone()], ..Draft::default() };
    let id = peer.publish(account, &draft).await?;
    let told = async || member.notification("mention", &account.acct).await;
    until("the member is told", told, |n| n["status"]["uri"] == *id).await?;
    assert_eq!(requests().await?, json!([]));
    assert!(!peer.actor(&account.id).await?.following.contains(&member.actor));
    // Undone, the same follow is a request again.
    member.post(&format!("landbridge/v1/contacts/{}/undo", text(&shown[0], "id")?), json!({})).await?;
    asks().await?;
    let again = until("the member is asked again", requests, |all| all[0]["scope"] == "follow").await?;
    member.post(&format!("landbridge/v1/contacts/{}/accept", text(&again[0], "id")?), json!({})).await?;
    let heard = async || peer.actor(&account.id).await;
    until("the peer follows", heard, |a| a.following.contains(&member.actor)).await?;
    Ok(())
}

/// Private messages of a stranger.
async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let draft = |words: &str| Draft {
        text: words.into(),
        mentions: vec![member.actor.clone()],
        to: Some("direct"),
        ..Draft::default()
    };
    let first = peer.publish(account, &draft("between us")).await?;
    let second = peer.publish(account, &draft("are you there?")).await?;
    let requests = async || member.get("v1/notifications/requests").await;
    let shown = until("both wait", requests, |all| all[0]["notifications_count"] == "2").await?;
    assert!(shown[0]["last_status"]["content"].as_str().is_some_and(|words| words.contains("between us")));
    assert_eq!(member.get("v1/notifications").await?, json!([]));
    member.post(&format!("v1/notifications/requests/{}/accept", text(&shown[0], "id")?), json!({})).await?;
    let told = member.get("v1/notifications").await?;
    assert_eq!((&told[0]["status"]["uri"], &told[1]["status"]["uri"]), (&json!(second), &json!(first)));
    let third = peer.publish(account, &draft("good")).await?;
    let told = async || member.get("v1/notifications").await;
    until("who is let in is heard at once", told, |all| all[0]["status"]["uri"] == *third).await?;
    Ok(())
}
