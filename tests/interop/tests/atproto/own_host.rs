//! A member who is the host of their handle (`did:web`), as the official servers and verifiers see them.

use super::*;
use landbridge_interop::landbridge::PASSWORD;

const PAGE: &str = "settings/atproto";

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn a_member_is_their_host() -> Result<()> {
    let Scene { stage, network, person, .. } = &Scene::set().await?;
    let server = &stage.landbridge;
    let name = format!("h{:x}", std::process::id());
    server.create_account_on(&name, &["activitypub"]).await?;
    let member = Member::sign_in(&server.host, &stage.authority(), &name, PASSWORD).await?;
    let joined = member.ask_for(PAGE, "join", &[("identity", "web")]).await?;
    assert!(joined.contains("Your identity is this address"), "{joined}");
    let handle = format!("{name}.{}", atproto::handles_of(&server.host));
    let did = format!("did:web:{handle}");
    assert_eq!(did_of(network, server, &name).await?, did);

    // What they write is read by the AppView, and proved by the key in the document that their host shows.
    member.publish("hosted and posted", json!({})).await?;
    let found = async |words: &str| {
        let look = async || network.find(&did, words).await;
        until("the AppView has the post", look, |uris| uris.len() == 1).await
    };
    let uris = found("hosted and posted").await?;
    let [uri] = &uris[..] else { anyhow::bail!("no post") };
    assert!(uri.starts_with(&format!("at://{did}/")), "{uri}");
    let verified = atproto::verify(network, &did).await?;
    assert_eq!((verified.handle.as_ref(), &verified.pds), (Some(&handle), &atproto::pds_of(&server.host)));

    // Somebody on the official PDS follows them, and hears of them; and they of that person.
    network.act(person, "follow", json!({ "actor": did })).await?;
    let follower = member.find_account(&person.acct).await?;
    let told = async || member.notification("follow", text(&follower, "acct")?).await;
    until("the member is told", told, |_| true).await?;

    // Another key, and all goes on.
    let renewed = member.ask_for(PAGE, "new-key", &[]).await?;
    assert!(renewed.contains("A new key signs for you"), "{renewed}");
    member.publish("signed anew", json!({})).await?;
    found("signed anew").await?;
    let again = atproto::verify(network, &did).await?;
    assert!(again.rev > verified.rev && again.records.len() > verified.records.len());
    atproto::nothing_wrong(network, &verified.pds).await?;
    Ok(())
}
