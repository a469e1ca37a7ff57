//! Private messages of Bluesky, through our PDS. There is no open service of them: `peers/atproto/chat.mjs` stands in for it,
//! and holds everything to the lexicons and tokens to the official verifier. Members read and write them by the Mastodon API,
//! and people on the official PDS by the official client.

use super::{clients::Client, *};
use landbridge_interop::landbridge::PASSWORD;

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn by_app_passwords() -> Result<()> {
    let stage = Stage::current()?;
    let outcome = talk(&stage).await;
    matrix::record(&stage.folder, "AT Protocol", "chat.bsky (a stand-in)", "@atproto/api", Way::Out, outcome)
}

async fn talk(stage: &Stage) -> Result<()> {
    let network = stage.peer("atproto")?;
    let mut program = clients::node("talk.mjs")?;
    program.args([&*atproto::pds_of(&stage.landbridge.host), atproto::CHAT_DID]);
    let mut dids = Vec::new();
    for initial in ["m", "n"] {
        let name = format!("c{initial}{:x}", std::process::id());
        stage.landbridge.create_account(&name).await?;
        let did = did_of(&network, &stage.landbridge, &name).await?;
        program.args([&*name, PASSWORD, &did]);
        dids.push(did);
    }
    let mut client = Client::start(stage, program)?;
    client.says("DONE").await?;
    client.ends().await?;
    let asked = atproto::chat_asked(&network).await?;
    // Landbridge asks too, in members' names, what is new: none of this.
    let by = |did: &str| asked.iter().filter(|asked| asked.iss == *did).collect::<Vec<_>>();
    let of_the_app = |did: &str| -> Vec<String> {
        let methods = by(did).into_iter().filter_map(|asked| asked.method.strip_prefix("chat.bsky.convo."));
        let own = ["getConvoForMembers", "sendMessage", "updateRead", "muteConvo"];
        methods.filter(|method| own.contains(method)).map(str::to_owned).collect()
    };
    assert_eq!(of_the_app(&dids[0]), ["getConvoForMembers", "sendMessage", "sendMessage", "muteConvo"]);
    assert_eq!(of_the_app(&dids[1]), ["updateRead", "sendMessage"]);
    assert!(by(&dids[0]).iter().chain(&by(&dids[1])).all(|asked| asked.aud == atproto::CHAT_DID));
    Ok(())
}

cells!("private message (a stand-in)");

/// The member's conversations.
async fn conversations(scene: &Scene) -> Result<Value> {
    scene.member.get("v1/conversations").await
}

/// What the person reads by their own app, once there are so many messages.
async fn read_by_person(scene: &Scene, count: usize) -> Result<atproto::Convo> {
    let look = async || atproto::inbox(&scene.network, &scene.person).await;
    let enough = |all: &Vec<atproto::Convo>| all.first().is_some_and(|one| one.messages.len() == count);
    let found = until("the person reads it", look, enough).await?;
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().context("no conversation")
}

async fn from_landbridge(scene: &Scene) -> Result<()> {
    let Scene { member, person, network, did, .. } = scene;
    let found = member.find_account(&person.acct).await?;
    let words = format!("@{} for you alone", text(&found, "acct")?);
    let status = member.publish(&words, json!({ "visibility": "direct" })).await?;
    let seen = read_by_person(scene, 1).await?;
    assert_eq!(
        (seen.messages[0].by.as_str(), seen.messages[0].text.as_str()),
        (did.as_str(), "for you alone")
    );
    assert_eq!(seen.status, "request", "they have not heard of the member before");
    let all = conversations(scene).await?;
    assert_eq!(all[0]["last_status"]["id"], status["id"], "{all}");
    assert_eq!(
        (&all[0]["landbridge"]["secrecy"], &all[0]["landbridge"]["network"]),
        (&json!("platform-readable"), &json!("atproto"))
    );
    let path = format!("landbridge/v1/conversations/{}", text(&all[0], "id")?);
    let state = async || member.get(&path).await;
    until("the service has it", state, |c| c["messages"][0]["state"] == "accepted").await?;
    // Nothing of it is in the repository.
    assert!(network.find(did, "for you alone").await?.is_empty());

    atproto::write(network, person, did, "and for you").await?;
    atproto::react(network, person, "🐘").await?;
    let all = until(
        "the answer is there",
        async || conversations(scene).await,
        |all| {
            all[0]["last_status"]["content"].as_str().is_some_and(|content| content.contains("and for you"))
        },
    )
    .await?;
    assert_eq!((all.as_array().map(Vec::len), &all[0]["unread"]), (Some(1), &json!(true)), "{all}");
    scene.until_status("the reaction is counted", &status, |s| s["favourites_count"] == 1).await?;
    Ok(())
}

async fn to_landbridge(scene: &Scene) -> Result<()> {
    let Scene { member, person, network, did, .. } = scene;
    atproto::write(network, person, did, "for you alone").await?;
    // Whoever is new here is asked about first.
    let requests = async || member.get("v1/notifications/requests").await;
    let shown = until("it waits", requests, |all| all[0]["notifications_count"] == "1").await?;
    assert_eq!(conversations(scene).await?, json!([]));
    member.post(&format!("v1/notifications/requests/{}/accept", text(&shown[0], "id")?), json!({})).await?;
    let all = conversations(scene).await?;
    assert_eq!(
        (&all[0]["unread"], &all[0]["last_status"]["visibility"], &all[0]["landbridge"]["secrecy"]),
        (&json!(true), &json!("direct"), &json!("platform-readable")),
        "{all}"
    );
    let accepted = async || atproto::chat_asked(network).await;
    let by_member = |asked: &atproto::Asked| asked.iss == *did && asked.method.ends_with(".acceptConvo");
    until("the service hears of it", accepted, |asked| asked.iter().any(by_member)).await?;
    // The answer stays in it, on both sides.
    let (parent, account) = (&all[0]["last_status"]["id"], &all[0]["accounts"][0]);
    let words = format!("@{} and for you", text(account, "acct")?);
    let answer = member.publish(&words, json!({ "visibility": "direct", "in_reply_to_id": parent })).await?;
    let seen = read_by_person(scene, 2).await?;
    assert_eq!((seen.messages[1].by.as_str(), seen.messages[1].text.as_str()), (did.as_str(), "and for you"));
    let after = conversations(scene).await?;
    assert_eq!(after.as_array().map(Vec::len), Some(1), "{after}");
    assert_eq!(after[0]["last_status"]["id"], answer["id"]);
    Ok(())
}

#[tokio::test]
#[ignore = "needs real peers: cargo xtask test"]
async fn a_group_from_landbridge() -> Result<()> {
    play("private message to several (a stand-in)", Way::Out, begin_group).await
}

async fn begin_group(scene: &Scene) -> Result<()> {
    let Scene { member, person, network, did, .. } = scene;
    let other = network.account(&format!("g{:x}", std::process::id())).await?;
    let mut words = String::new();
    for one in [person, &other] {
        let found = member.find_account(&one.acct).await?;
        words += &format!("@{} ", text(&found, "acct")?);
    }
    member.publish(&format!("{words}for the two of you"), json!({ "visibility": "direct" })).await?;
    read_by_person(scene, 1).await?;
    member.publish(&format!("{words}and once more"), json!({ "visibility": "direct" })).await?;
    let seen = read_by_person(scene, 2).await?;
    let texts: Vec<&str> = seen.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["for the two of you", "and once more"]);
    let of_other = atproto::inbox(network, &other).await?;
    assert_eq!(of_other.first().map(|one| one.messages.len()), Some(2), "{of_other:?}");
    let asked = atproto::chat_asked(network).await?;
    let made =
        asked.iter().filter(|asked| asked.iss == *did && asked.method == "chat.bsky.group.createGroup");
    assert_eq!(made.count(), 1, "one group");
    Ok(())
}
