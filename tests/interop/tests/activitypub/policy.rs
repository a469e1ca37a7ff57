//! GoToSocial's interaction controls: an answer to somebody who wants to be asked goes to them alone, and to all others
//! once they have let it through.

use super::*;

cells!("leave to interact");

/// Asked to say so itself: only Fedify has words for it.
async fn has_it(scene: &Scene) -> Result<()> {
    if scene.peer.name != "fedify" {
        scene.peer.act(&scene.account, "approve", json!({})).await?;
    }
    Ok(())
}

async fn from_landbridge(scene: &Scene) -> Result<()> {
    has_it(scene).await?;
    let Scene { stage, peer, member, account } = scene;
    // A reader elsewhere, who follows the member.
    let elsewhere = stage.peer("bovine")?;
    let reader = elsewhere.account(&format!("r{:x}", std::process::id())).await?;
    elsewhere.act(&reader, "follow", json!({ "actor": member.actor })).await?;
    let follows = async || elsewhere.actor(&reader.id).await;
    until("the reader follows", follows, |a| a.following.contains(&member.actor)).await?;

    let draft = Draft { text: "ask me first".into(), ask: true, ..Draft::default() };
    let (id, parent) = scene.post_reaches_member(&draft).await?;
    let reply = member.publish("may I?", json!({ "in_reply_to_id": parent["id"] })).await?;
    let uri = text(&reply, "uri")?;
    until("the author has the answer", async || peer.object(uri).await, |o| o.note.is_some()).await?;
    let went = member.get(&format!("landbridge/v1/statuses/{}/deliveries", text(&reply, "id")?)).await?;
    assert!(!went.to_string().contains("bovine.example"), "only the author hears of it: {went}");
    assert!(elsewhere.object(uri).await?.note.is_none());

    let leave = json!({ "actor": member.actor, "object": uri, "target": id, "kind": "reply" });
    let paper = peer.act(account, "approve", leave).await?;
    until("now the reader has it", async || elsewhere.object(uri).await, |o| o.note.is_some()).await?;
    let shows = |o: &landbridge_interop::peer::ObjectView| {
        o.note.as_ref().is_some_and(|note| note.approved_by.as_deref() == Some(&*paper))
    };
    until("with the proof", async || peer.object(uri).await, shows).await?;

    // And what is declined goes nowhere.
    let second = member.publish("and again?", json!({ "in_reply_to_id": parent["id"] })).await?;
    let uri = text(&second, "uri")?;
    until("the author has that too", async || peer.object(uri).await, |o| o.note.is_some()).await?;
    peer.act(account, "approve", json!({ "actor": member.actor, "object": uri, "declined": true })).await?;
    let record = format!("landbridge/v1/statuses/{}/deliveries", text(&second, "id")?);
    until(
        "the member sees why",
        async || member.get(&record).await,
        |all| all.to_string().contains("declined"),
    )
    .await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    has_it(scene).await?;
    let Scene { peer, member, account, .. } = scene;
    let draft = Draft { text: "ask me too".into(), ask: true, ..Draft::default() };
    let (id, parent) = scene.post_reaches_member(&draft).await?;
    let other = peer.account(&format!("o{:x}", std::process::id())).await?;
    let found = member.find_account(&other.acct).await?;
    member.post(&format!("v1/accounts/{}/follow", text(&found, "id")?), json!({})).await?;
    until(
        "the member follows the other",
        async || member.relationship(text(&found, "id")?).await,
        |r| r["following"] == true,
    )
    .await?;
    let answer = |words: &str, approved_by| Draft {
        text: words.into(),
        reply_to: Some(id.clone()),
        approved_by,
        ..Draft::default()
    };
    // Not asked; then with somebody else's leave; then with its own.
    let unasked = peer.publish(&other, &answer("not asked", None)).await?;
    let leave = json!({ "actor": other.id, "object": unasked, "target": id, "kind": "reply" });
    let stolen = peer.act(account, "approve", leave).await?;
    peer.publish(&other, &answer("with another's leave", Some(stolen))).await?;
    let plain = Draft { text: "by the way".into(), ..Draft::default() };
    let last = peer.publish(&other, &plain).await?;
    until("what came later is at home", async || member.at_home(&last).await, |_| true).await?;
    let thread = member.get(&format!("v1/statuses/{}/context", text(&parent, "id")?)).await?;
    assert_eq!(thread["descendants"], json!([]));
    Ok(())
}
