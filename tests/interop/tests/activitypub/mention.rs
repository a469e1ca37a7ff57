//! A mention of someone who does not follow.

use super::*;

cells!("mention");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    member.find_account(&account.acct).await?;
    let status = member.publish(&format!("ahoy @{}", account.acct), json!({})).await?;
    let uri = text(&status, "uri")?;
    let seen = until("the peer has it", async || peer.object(uri).await, |o| o.note.is_some()).await?;
    assert_eq!(seen.note.unwrap().mentions, [account.id.as_str()]);
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let draft =
        Draft { text: "ahoy yourself".into(), mentions: vec![member.actor.clone()], ..Draft::default() };
    let id = peer.publish(account, &draft).await?;
    let told = async || member.notification("mention", &account.acct).await;
    let told = until("the member is told", told, |n| n["status"]["uri"] == *id).await?;
    assert_eq!(told["status"]["mentions"][0]["id"], *member.id, "{told}");
    Ok(())
}
