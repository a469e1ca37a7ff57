//! app.bsky.feed.threadgate, app.bsky.feed.postgate: written later, beside the post.

use super::*;

cells!("who may answer and quote");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let (status, uri) = scene.member_posts("mine to share", json!({})).await?;
    let quote = Draft { quote: Some(uri.clone()), ..draft("theirs to twist") };
    let quote = scene.network.publish(&scene.person, &quote).await?;
    let seen = scene.until_status("the quote is counted", &status, |s| s["quotes_count"] == 1).await?;
    let quoting = scene.member.find_status(&quote).await?;
    assert_eq!(quoting["quote"]["state"], "accepted", "{quoting}");
    let (own, other) = (text(&seen, "id")?, text(&quoting, "id")?);
    scene.member.post(&format!("v1/statuses/{own}/quotes/{other}/revoke"), json!({})).await?;
    let taken_off = |o: &ObjectView| o.note.as_ref().is_some_and(|note| note.detached);
    scene.until_object("the quote is taken off", &quote, taken_off).await?;
    scene.until_status("here too", &quoting, |s| s["quote"]["state"] == "revoked").await?;
    scene.until_status("it is no longer counted", &status, |s| s["quotes_count"] == 0).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let (uri, status) = scene.person_posts(&draft("ask me anything")).await?;
    let answer = json!({ "in_reply_to_id": status["id"] });
    scene.member.publish("how are you?", answer.clone()).await?;
    let hidden = scene.found("how are you?").await?;
    // Nobody may answer any more, and the answer is hidden.
    let closed = json!({ "object": uri, "allow": [], "hidden": [hidden] });
    scene.network.act(&scene.person, "gate", closed).await?;
    let look = async || {
        let body = json!({ "status": "and now?", "visibility": "public", "in_reply_to_id": status["id"] });
        Ok(scene.member.post("v1/statuses", body).await.err().map(|refused| refused.to_string()))
    };
    let refused = until("answers are refused", look, Option::is_some).await?.unwrap_or_default();
    assert!(refused.contains("does not let you answer"), "{refused}");
    let path = format!("v1/statuses/{}/context", text(&status, "id")?);
    let thread = scene.member.get(&path).await?;
    let own = thread["descendants"].as_array().context("no thread")?;
    assert!(!own.is_empty() && own.iter().all(|one| one["account"]["id"] == scene.member.id), "{thread}");
    // Open again; then a quote of the member's is taken off.
    scene.network.act(&scene.person, "gate", json!({ "object": uri })).await?;
    let look = async || scene.member.publish("thank you", answer.clone()).await;
    until("answers are let through", look, |_| true).await?;
    let quote = scene.member.publish("look at that", json!({ "quoted_status_id": status["id"] })).await?;
    let quoting = scene.found("look at that").await?;
    assert_eq!(quote["quote"]["state"], "accepted", "{quote}");
    scene.network.act(&scene.person, "detach", json!({ "object": uri, "quotes": [quoting] })).await?;
    scene.until_status("the quote is taken off", &quote, |s| s["quote"]["state"] == "revoked").await?;
    Ok(())
}
