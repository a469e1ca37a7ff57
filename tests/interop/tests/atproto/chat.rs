//! Private messages of Bluesky, through our PDS. There is no open service of them: `peers/atproto/chat.mjs` stands in for it,
//! and holds everything to the lexicons and tokens to the official verifier.

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
    let by = |did: &str| asked.iter().filter(|asked| asked.iss == *did).collect::<Vec<_>>();
    let methods: Vec<&str> = by(&dids[0]).iter().map(|asked| &*asked.method).collect();
    let short: Vec<&str> =
        methods.iter().filter_map(|method| method.strip_prefix("chat.bsky.convo.")).collect();
    assert_eq!(
        short,
        [
            "getConvoForMembers",
            "sendMessage",
            "getMessages",
            "getMessages",
            "sendMessage",
            "getLog",
            "listConvos"
        ]
    );
    assert_eq!(by(&dids[1]).len(), 4);
    assert!(by(&dids[0]).iter().chain(&by(&dids[1])).all(|asked| asked.aud == atproto::CHAT_DID));
    Ok(())
}
