//! Authorized fetch: a server that shows documents to signed requests only, and to nobody who is blocked.

use super::*;

cells!("authorized fetch", fedify, bovine);

/// The account on the peer reads, over signed requests, what an unsigned one is not shown.
async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { stage, peer, account, .. } = scene;
    let strict = stage.strict.member(&stage.authority(), &scene.member.name).await?;
    let status = strict.publish("for known readers", json!({})).await?;
    let uri = text(&status, "uri")?;
    let stranger = landbridge_interop::member::client(&stage.authority())?;
    let ask = async |url: &str| {
        let asked = stranger.get(url).header("accept", "application/activity+json");
        Ok::<_, anyhow::Error>(asked.send().await?)
    };
    assert_eq!(ask(uri).await?.status(), 401);
    assert_eq!(ask(&format!("{}/outbox?page=true", strict.actor)).await?.status(), 401);
    let stub: Value = ask(&strict.actor).await?.json().await?;
    assert!(stub["publicKey"].is_object() && stub["name"].is_null(), "{stub}");

    // To like it the peer must read it; to send that, it must know the actor.
    peer.act(account, "like", json!({ "object": uri })).await?;
    let path = format!("v1/statuses/{}", text(&status, "id")?);
    until("the like is counted", async || strict.get(&path).await, |s| s["favourites_count"] == 1).await?;

    // Whoever is blocked is not shown it either.
    let found = strict.find_account(&account.acct).await?;
    strict.post(&format!("v1/accounts/{}/block", text(&found, "id")?), json!({})).await?;
    let second = strict.publish("not for everybody", json!({})).await?;
    assert!(peer.act(account, "like", json!({ "object": second["uri"] })).await.is_err());
    Ok(())
}

/// A member of the strict server follows the account: each side must read the other's key first.
async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { stage, peer, account, .. } = scene;
    let strict = stage.strict.member(&stage.authority(), &scene.member.name).await?;
    let found = strict.find_account(&account.acct).await?;
    let id = text(&found, "id")?.to_owned();
    strict.post(&format!("v1/accounts/{id}/follow"), json!({})).await?;
    until("the follow is accepted", async || strict.relationship(&id).await, |r| r["following"] == true)
        .await?;
    let post = peer.publish(account, &Draft { text: "to the strict".into(), ..Draft::default() }).await?;
    until("the post arrives", async || strict.at_home(&post).await, |_| true).await?;
    Ok(())
}
