//! app.bsky.graph.follow: records that only their deletion takes back.

use super::*;

cells!("follow");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let person = async || scene.network.actor(&scene.person.id).await;
    let account = scene.member_follows().await?;
    until("the AppView has the follow", person, |a| a.followers.contains(&scene.did)).await?;
    scene.person_told("follow").await?;
    let relation = scene.member.relationship(text(&account, "id")?).await?;
    assert_eq!((&relation["following"], &relation["requested"]), (&json!(true), &json!(false)));
    let path = format!("v1/accounts/{}/unfollow", text(&account, "id")?);
    scene.member.post(&path, json!({})).await?;
    until("the follow is gone", person, |a| !a.followers.contains(&scene.did)).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { network, member, person, did, .. } = scene;
    network.act(person, "follow", json!({ "actor": did })).await?;
    scene.told("follow").await?;
    let followers = async || member.get(&format!("v1/accounts/{}/followers", member.id)).await;
    until("the follower is listed", followers, |all| all.as_array().is_some_and(|all| all.len() == 1))
        .await?;
    network.act(person, "unfollow", json!({ "actor": did })).await?;
    until("the follower is gone", followers, |all| all == &json!([])).await?;
    Ok(())
}
