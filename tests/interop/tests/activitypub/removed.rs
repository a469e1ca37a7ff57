//! Reject after Accept: somebody is a follower no longer, because the followed one says so.

use super::*;

cells!("follower removed");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    scene.followed_by_account().await?;
    let found = member.find_account(&account.acct).await?;
    member.post(&format!("v1/accounts/{}/remove_from_followers", text(&found, "id")?), json!({})).await?;
    assert_eq!(member.get(&format!("v1/accounts/{}/followers", member.id)).await?, json!([]));
    let heard = async || peer.actor(&account.id).await;
    let gone = |a: &landbridge_interop::peer::ActorView| !a.following.contains(&member.actor);
    match (until("the peer follows no longer", heard, gone).await, peer.name.as_str()) {
        (Err(_), "bovine") => Err(landbridge_interop::peer::Lacks(
            "bovine keeps what it follows as it is when a Reject arrives".into(),
        )
        .into()),
        (Err(_), "upub") => Err(landbridge_interop::peer::Lacks(
            "upub looks for the follow by the id of the Reject and finds none, so it stays".into(),
        )
        .into()),
        (seen, _) => seen.map(drop),
    }
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    let id = scene.follows_account().await?;
    peer.act(account, "reject", json!({ "actor": member.actor })).await?;
    let relation = async || member.relationship(&id).await;
    until("the member's follow has ended", relation, |r| r["following"] == false && r["requested"] == false)
        .await?;
    Ok(())
}
