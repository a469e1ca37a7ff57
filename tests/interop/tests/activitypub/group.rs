//! A community (FEP-1b12): posting to it, and what it passes on.

use super::*;

cells!("community", fedify);

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, .. } = scene;
    let club = peer.community(&format!("c{:x}", std::process::id())).await?;
    member.find_account(&club.acct).await?;
    let status = member.publish(&format!("hello @{}", club.acct), json!({})).await?;
    let uri = text(&status, "uri")?;
    let seen = until("the community has it", async || peer.object(uri).await, |o| o.note.is_some()).await?;
    assert_eq!(seen.note.unwrap().audience.as_deref(), Some(&*club.id));
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let club = peer.community(&format!("c{:x}", std::process::id())).await?;
    let found = member.find_account(&club.acct).await?;
    let id = text(&found, "id")?.to_owned();
    member.post(&format!("v1/accounts/{id}/follow"), json!({})).await?;
    until("the follow is accepted", async || member.relationship(&id).await, |r| r["following"] == true)
        .await?;
    let draft =
        Draft { text: "to everybody here".into(), mentions: vec![club.id.clone()], ..Draft::default() };
    let post = peer.publish(account, &draft).await?;
    let shown = until("the community passes it on", async || member.at_home(&post).await, |_| true).await?;
    assert_eq!(shown["account"]["acct"], *club.acct, "{shown}");
    assert_eq!(shown["reblog"]["account"]["acct"], *account.acct, "{shown}");
    Ok(())
}
