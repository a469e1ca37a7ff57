//! com.atproto.label: a labeler that the member's Bluesky app has subscribed to, and what it does to what the member reads.

use super::*;
use landbridge_interop::{landbridge::PASSWORD, member};

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn from_atproto_to_landbridge() -> Result<()> {
    play("label", Way::In, to_landbridge).await
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let (uri, status) = scene.person_posts(&draft("quite harmless")).await?;
    // One thing was said before anybody here listened.
    atproto::label(&scene.network, &uri, "graphic-media", false).await?;
    subscribe(scene, &[atproto::LABELER_DID]).await?;
    let covered = |s: &Value| s["sensitive"] == true && s["spoiler_text"] == "Graphic media";
    scene.until_status("the post is covered", &status, covered).await?;
    // The author reads it as it was written.
    atproto::label(&scene.network, &uri, "graphic-media", true).await?;
    let open = |s: &Value| s["sensitive"] == false && s["spoiler_text"] == "";
    scene.until_status("that is taken back", &status, open).await?;
    atproto::label(&scene.network, &scene.person.id, "!warn", false).await?;
    scene.until_status("a warning", &status, |s| s["spoiler_text"] == "Content warning by a labeler").await?;
    atproto::label(&scene.network, &uri, "!hide", false).await?;
    let gone = async || Ok(scene.at_home("quite harmless").await.is_err());
    until("the post is gone", gone, |gone| *gone).await?;
    // Who does not listen sees it.
    subscribe(scene, &[]).await?;
    scene.until_status("it is back", &status, open).await?;
    Ok(())
}

/// As a Bluesky app of the member does.
async fn subscribe(scene: &Scene, labelers: &[&str]) -> Result<()> {
    let http = member::client(&scene.stage.authority())?;
    let pds = atproto::pds_of(&scene.stage.landbridge.host);
    let handle = format!("{}.{}", scene.member.name, atproto::handles_of(&scene.stage.landbridge.host));
    let sign_in = json!({ "identifier": handle, "password": PASSWORD });
    let session = http.post(format!("{pds}/xrpc/com.atproto.server.createSession")).json(&sign_in);
    let session: Value = session.send().await?.error_for_status()?.json().await?;
    let labelers: Vec<Value> = labelers.iter().map(|did| json!({ "did": did })).collect();
    let preference = json!({ "$type": "app.bsky.actor.defs#labelersPref", "labelers": labelers });
    http.post(format!("{pds}/xrpc/app.bsky.actor.putPreferences"))
        .bearer_auth(text(&session, "accessJwt")?)
        .json(&json!({ "preferences": [preference] }))
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}
