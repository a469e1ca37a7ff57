//! Everything that names somebody or something on AT Protocol finds it in the search field.

use super::*;

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn find_people_and_posts() -> Result<()> {
    let Scene { network, member, person, .. } = &Scene::set().await?;
    let uri = network.publish(person, &draft("where am I?")).await?;
    until("the AppView has the post", async || network.object(&uri).await, |o| o.note.is_some()).await?;
    let key = uri.rsplit('/').next().context("no key")?;

    let account = member.find_account(&person.acct).await?;
    for query in [
        format!("@{}", person.acct),
        person.id.clone(),
        format!("at://{}", person.id),
        format!("https://bsky.app/profile/{}", person.acct),
        format!("https://bsky.app/profile/{}", person.id),
    ] {
        let found = member.find_account(&query).await.with_context(|| query.clone())?;
        assert_eq!(found["id"], account["id"], "{query}");
    }
    let status = member.find_status(&uri).await?;
    assert_eq!(status["account"]["id"], account["id"]);
    for query in [
        format!("https://bsky.app/profile/{}/post/{key}", person.acct),
        format!("https://bsky.app/profile/{}/post/{key}", person.id),
        format!("at://{}/app.bsky.feed.post/{key}", person.acct),
    ] {
        let found = member.find_status(&query).await.with_context(|| query.clone())?;
        assert_eq!(found["id"], status["id"], "{query}");
    }
    Ok(())
}
