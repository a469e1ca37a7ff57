//! A mention: a facet with a DID, whatever the words are.

use super::*;

cells!("mention");

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let account = scene.member.find_account(&scene.person.acct).await?;
    let words = format!("a word with @{}", text(&account, "acct")?);
    scene.member.publish(&words, json!({})).await?;
    let note = scene.note(&scene.found("a word with").await?).await?;
    assert_eq!(note.mentions, [scene.person.id.as_str()]);
    assert!(note.text.contains(&format!("@{}", scene.person.acct)), "{note:?}");
    scene.person_told("mention").await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let words = Draft { mentions: vec![scene.did.clone()], ..draft("a question for") };
    scene.network.publish(&scene.person, &words).await?;
    let told = scene.told("mention").await?;
    assert_eq!(told["status"]["mentions"][0]["id"], *scene.member.id, "{told}");
    Ok(())
}
