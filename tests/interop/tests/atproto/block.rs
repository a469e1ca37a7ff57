//! app.bsky.graph.block: public, and the AppView keeps to it for both.

use super::*;

cells!("block");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { network, member, person, did, .. } = scene;
    // Blocks are told to nobody unless the member says that they may be.
    member.fill_in("settings/atproto", "blocks", "public").await?;
    network.act(person, "follow", json!({ "actor": did })).await?;
    scene.told("follow").await?;
    let account = member.find_account(&person.acct).await?;
    let path = format!("v1/accounts/{}", text(&account, "id")?);
    member.post(&format!("{path}/block"), json!({})).await?;
    let between = async || atproto::between(network, person, did).await;
    until("the AppView has the block", between, |b| b.blocked_by).await?;
    let followers = member.get(&format!("v1/accounts/{}/followers", member.id)).await?;
    assert_eq!(followers, json!([]));
    member.post(&format!("{path}/unblock"), json!({})).await?;
    until("the block is over", between, |b| !b.blocked_by).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { network, member, person, did, .. } = scene;
    let account = scene.member_follows().await?;
    let relation = async || member.relationship(text(&account, "id")?).await;
    network.act(person, "block", json!({ "actor": did })).await?;
    until("the member sees the block", relation, |r| r["blocked_by"] == true).await?;
    network.act(person, "unblock", json!({ "actor": did })).await?;
    until("the block is over", relation, |r| r["blocked_by"] == false).await?;
    Ok(())
}
