//! Flag: a report to the other side's moderators, in the server's name.

use super::*;

cells!("report");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { peer, member, account, .. } = scene;
    if peer.name == "upub" {
        // Asked to say so itself.
        peer.act(account, "flag", json!({})).await?;
    }
    let (id, status) =
        scene.post_reaches_member(&Draft { text: "buy now".into(), ..Draft::default() }).await?;
    let report = json!({
        "account_id": status["account"]["id"], "status_ids": [status["id"]], "comment": "it is spam", "forward": true
    });
    member.post("v1/reports", report).await?;
    let flagged = async || peer.actor(&account.id).await;
    let seen = until("the peer has the report", flagged, |a| !a.flags.is_empty()).await?;
    let flag = &seen.flags[0];
    assert!(flag.to_string().contains("it is spam"), "{flag}");
    assert!(flag.to_string().contains(&id), "the post is named: {flag}");
    assert!(!flag["actor"].to_string().contains(&member.name), "who it was is not told: {flag}");
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { stage, peer, member, account } = scene;
    let status = scene.post_reaches_account("harmless", json!({})).await?;
    let order = json!({ "actor": member.actor, "objects": [status["uri"]], "text": "I was insulted" });
    peer.act(account, "flag", order).await?;
    let listed = async || stage.landbridge.run(&["reports"]).await;
    let about = format!("@{} by @{}", member.name, account.acct);
    let seen = until("the moderators see it", listed, |all| all.contains(&about)).await?;
    let report = seen.split_once(&about).unwrap().1;
    assert!(report.contains("I was insulted"), "{seen}");
    assert!(report.contains(text(&status, "id")?), "{seen}");
    Ok(())
}
