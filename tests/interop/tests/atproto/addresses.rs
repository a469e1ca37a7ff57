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

/// Over HTTP/2, which has no Host header, too.
#[allow(clippy::disallowed_methods, reason = "the peers are on loopback")]
#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn a_handle_proves_itself() -> Result<()> {
    let Scene { stage, member, did, .. } = &Scene::set().await?;
    let handle = format!("{}.{}", member.name, atproto::handles_of(&stage.landbridge.host));
    let authority = reqwest::Certificate::from_pem(&std::fs::read(stage.authority())?)?;
    let builder = || {
        let builder = reqwest::Client::builder().tls_certs_only([authority.clone()]);
        builder.resolve(&handle, std::net::SocketAddr::from(([127, 0, 77, 1], 443)))
    };
    for client in [builder().http1_only().build()?, builder().build()?] {
        let answer = client.get(format!("https://{handle}/.well-known/atproto-did")).send().await?;
        let version = answer.version();
        assert_eq!((answer.status().as_u16(), &*answer.text().await?), (200, &**did), "{version:?}");
    }
    Ok(())
}
