//! app.bsky.actor.profile.

use super::*;

cells!("profile");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let picture = include_bytes!("../activitypub/picture.png").to_vec();
    scene.member.introduce("Aïsha of the Pier", "keeps the lamps", picture).await?;
    let seen = async || scene.network.actor(&scene.did).await?.profile.context("no profile");
    let whole = |p: &landbridge_interop::peer::Profile| p.name == "Aïsha of the Pier" && p.avatar.is_some();
    let profile = until("the AppView has the profile", seen, whole).await?;
    assert_eq!(profile.about, "keeps the lamps");
    scene.member.fetch(&profile.avatar.unwrap()).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let account = scene.member_follows().await?;
    let words = json!({ "name": "Bo of the Hill", "about": "counts sheep", "picture": true });
    scene.network.act(&scene.person, "profile", words).await?;
    let path = format!("v1/accounts/{}", text(&account, "id")?);
    let named = |a: &Value| a["display_name"] == "Bo of the Hill";
    let seen = until("the member sees the profile", async || scene.member.get(&path).await, named).await?;
    assert!(text(&seen, "note")?.contains("counts sheep"), "{seen}");
    assert!(scene.member.fetch(text(&seen, "avatar")?).await?.starts_with(b"\x89PNG"), "{seen}");
    Ok(())
}
